import t from 'tap'
import { openNatsBus } from '../../src/join/nats-bus.js'
import { findNatsServer, NatsServer } from '../nats-server.js'
import { eventually } from '../processes.js'

const found = await findNatsServer()
const skip = 'missing' in found && found.missing
const path = 'path' in found ? found.path : ''

t.test('what a server takes is remembered while it is away', { skip }, async (t) => {
  const server = await NatsServer.start(path, { maxPayload: 65_536, jetStream: false })
  t.teardown(() => server.end())
  const bus = await openNatsBus(server.transport, 'test', () => {})
  t.teardown(() => bus.close())
  t.equal(bus.largest, 65_536)
  await server.kill()
  t.notOk(await eventually(() => bus.largest !== 65_536, 1000))
})

t.test('what a user may not do is told once, with the subject', { skip }, async (t) => {
  const server = await NatsServer.start(path, { jetStream: false, allowed: 'other' })
  t.teardown(() => server.end())
  const told: string[] = []
  const bus = await openNatsBus(server.transport, 'test', (error) => told.push(error.message))
  t.teardown(() => bus.close())
  bus.subscribe('millrace.mill.join.hello', () => {})
  for (let i = 0; i < 3; i++) bus.publish('millrace.mill.join.hello', Buffer.from('x'))
  t.ok(await eventually(() => told.length >= 2, 5000))
  t.match(told.sort(), [/publish on millrace\.mill\.join\.hello/, /subscribe to millrace\.mill\.join\.hello/])
})
