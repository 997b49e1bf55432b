import t from 'tap'
import { openNatsQueue } from '../../../src/queue/nats/open.js'
import { findNatsServer, NatsServer } from '../../nats-server.js'
import { queueContract } from '../contract.js'
import { quietLog } from './quiet-log.js'

const found = await findNatsServer()

t.test('the queue on a NATS server', { skip: 'missing' in found && found.missing }, async (t) => {
  if ('missing' in found) return
  const server = await NatsServer.start(found.path)
  t.teardown(() => server.end())
  await queueContract(t, {
    open: async (capacity, listener) => {
      const { queue } = await openNatsQueue({
        name: 'contract',
        which: 'in',
        transport: server.transport,
        capacity,
        listener,
        log: quietLog,
      })
      return queue
    },
    runs: 15,
  })
})
