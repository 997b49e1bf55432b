import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect } from '@nats-io/transport-node'
import t, { type Test } from 'tap'
import type { Span } from '../../../src/model/span.js'
import { type NatsQueueOptions, openNatsQueue } from '../../../src/queue/nats/open.js'
import { findNatsServer, freePort, NatsServer, type NatsServerOptions } from '../../nats-server.js'
import { everything, recordsOf } from '../batches.js'
import { Recorder } from '../recorder.js'
import { quietLog } from './quiet-log.js'

const found = await findNatsServer()
const path = 'path' in found ? found.path : ''
const options = { skip: 'missing' in found && found.missing }

async function serve(t: Test, serverOptions: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await NatsServer.start(path, serverOptions)
  t.teardown(() => server.end())
  return server
}

async function open(t: Test, server: NatsServer, more: Partial<NatsQueueOptions> = {}) {
  const recorder = new Recorder()
  const opened = await openNatsQueue({
    name: 'mill',
    which: 'in',
    transport: server.transport,
    capacity: { records: 100, bytes: 1 << 20 },
    listener: recorder,
    leftovers: 'discard',
    log: quietLog,
    ...more,
  })
  t.teardown(() => opened.queue.close())
  return { ...opened, recorder }
}

type Queue = Awaited<ReturnType<typeof open>>['queue']

/** Takes and settles all there is; returns the first byte of each piece's payload. */
function workOff(queue: Queue): number[] {
  const seen: number[] = []
  for (let piece = queue.take(everything); piece; piece = queue.take(everything)) {
    seen.push(piece.batch.payload[0]!)
    queue.decide(piece)
    queue.settle({ from: piece.from, to: piece.to })
  }
  return seen
}

t.test('a batch that the server would not take is refused with the limit', options, async (t) => {
  const server = await serve(t, { maxPayload: 4096 })
  const { queue, recorder } = await open(t, server)
  t.throws(() => queue.offer(recordsOf(1, 4096)), {
    code: 'record_too_large',
    message: /4116.*3584.*max_payload/,
  })
  t.equal(queue.empty, true, 'and nothing came of it')
  queue.offer(recordsOf(1, queue.largestBatch))
  await recorder.until(() => queue.waiting === 1)
})

t.test('nothing is lost or handed out twice when the server is killed and comes back', options, async (t) => {
  const server = await serve(t)
  const { queue, recorder } = await open(t, server)
  const batches = 60
  const seen: number[] = []
  let offered = 0
  const step = () => {
    seen.push(...workOff(queue))
    while (offered < batches && queue.room.records >= 5) queue.offer(recordsOf(5, 4, offered++))
    return seen.length >= batches / 3
  }
  await recorder.until(step)
  await server.kill()
  await recorder.until(() => recorder.blockedReasons.length > 0)
  t.match(recorder.blockedReasons, [/NATS server 127\.0\.0\.1:\d+ is not reachable/])
  step()
  t.ok(queue.size.records <= 100, 'it stays bounded meanwhile')
  await server.resume()
  await recorder.until(() => step() && offered === batches && queue.empty)
  t.same(recorder.blockedReasons.slice(1), [undefined])
  t.same(
    seen.toSorted((a, b) => a - b),
    [...Array(batches).keys()],
  )
  t.equal(recorder.securedPlaces, 5 * batches)
  t.same(recorder.failures, [])
})

t.test(
  'a message of somebody else is thrown away with an error in the log, and the rest goes on',
  options,
  async (t) => {
    const server = await serve(t)
    const errors: string[] = []
    const log = { ...quietLog, error: (...args: unknown[]) => void errors.push(String(args.at(-1))) }
    const { queue, recorder } = await open(t, server, { log })
    queue.offer(recordsOf(1, 4, 1))
    await recorder.until(() => queue.waiting === 1 && recorder.securedPlaces === 1)
    const stranger = await connect({ servers: [...server.transport.servers] })
    await stranger.request('millrace.mill.in', 'hello, is anybody there?')
    await stranger.close()
    queue.offer(recordsOf(1, 4, 2))
    queue.offer(recordsOf(1, 4, 3))
    await recorder.until(() => queue.waiting === 3)
    t.same(workOff(queue), [1, 2, 3])
    await recorder.until(() => queue.empty)
    t.match(errors, [/^message 2 of millrace-mill-in was thrown away: .*millrace\.mill\.in/])
    t.same(recorder.failures, [])
  },
)

t.test(
  'a full stream holds the publisher up until messages are settled, and loses nothing',
  options,
  async (t) => {
    const server = await serve(t)
    const { queue, recorder } = await open(t, server, { maxMessages: 4 })
    for (let i = 0; i < 10; i++) queue.offer(recordsOf(1, 4, i))
    await recorder.until(() => queue.waiting === 4)
    const settled: Span[] = []
    const seen: number[] = []
    await recorder.until(() => {
      for (let piece = queue.take(everything); piece; piece = queue.take(everything)) {
        seen.push(piece.batch.payload[0]!)
        queue.decide(piece)
        settled.push({ from: piece.from, to: piece.to })
      }
      if (seen.length >= 4) for (const places of settled.splice(0)) queue.settle(places)
      return queue.empty
    })
    t.same(seen, [...Array(10).keys()])
    t.equal(recorder.securedPlaces, 10)
  },
)

t.test('what is unsettled at the close is there for the next run that keeps it', options, async (t) => {
  const server = await serve(t)
  const first = await open(t, server)
  for (let i = 0; i < 8; i++) first.queue.offer(recordsOf(2, 4, i))
  await first.recorder.until(() => first.queue.waiting === 16 && first.recorder.securedPlaces === 16)
  const [done, half] = [1, 2].map(() => first.queue.take({ records: 2, bytes: 100 })!)
  first.queue.decide(done!)
  first.queue.settle(done!)
  first.queue.decide(half!)
  first.queue.settle({ from: half!.from, to: half!.from + 1 })
  await first.queue.close()

  const second = await open(t, server, { leftovers: 'keep', capacity: { records: 4, bytes: 1000 } })
  t.equal(second.leftovers, 7)
  t.same(second.queue.room, { records: 0, bytes: 0 }, 'nothing new is let in before them')
  const seen: number[] = []
  await second.recorder.until(() => {
    t.ok(second.queue.size.records <= 4)
    seen.push(...workOff(second.queue))
    return second.queue.empty
  })
  t.same(seen, [1, 2, 3, 4, 5, 6, 7])
  t.equal(second.queue.room.records, 4)
  second.queue.offer(recordsOf(1, 4, 99))
  await second.recorder.until(() => second.queue.waiting === 1)
  await second.queue.close()

  const third = await open(t, server, { leftovers: 'discard' })
  t.equal(third.leftovers, 1)
  t.equal(third.queue.empty, true)
  third.queue.offer(recordsOf(1, 4, 100))
  await third.recorder.until(() => third.queue.waiting === 1)
  t.same(workOff(third.queue), [100])
})

t.test('a server that is not there is named, with the fix', async (t) => {
  const port = await freePort()
  const server = { transport: { kind: 'nats', servers: [`nats://me:secret@127.0.0.1:${port}`] } }
  await t.rejects(open(t, server as unknown as NatsServer), {
    code: 'broker_unreachable',
    message: `No NATS server answers at 127.0.0.1:${port}. Start it (nats-server -js), or correct the address in the transport.`,
  })
})

t.test('a server that accepts and says nothing is given up on within seconds', async (t) => {
  const silent = createServer((socket) => t.teardown(() => socket.destroy())).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const { port } = silent.address() as { port: number }
  const server = { transport: { kind: 'nats', servers: [`127.0.0.1:${port}`] } }
  await t.rejects(open(t, server as unknown as NatsServer), { code: 'broker_unreachable' })
})

t.test('a server without JetStream, or that refuses the login, is unfit', options, async (t) => {
  const plain = await serve(t, { jetStream: false })
  await t.rejects(open(t, plain), { code: 'broker_unfit', message: /does not offer JetStream.*-js/ })
  const guarded = await serve(t, { user: 'miller', password: 'wheel' })
  const wrong = { ...guarded.transport, user: 'miller', password: 'stone' }
  const refused = await open(t, guarded, { transport: wrong }).catch((error: unknown) => error)
  t.match(refused, { code: 'broker_unfit', message: /refused the login/ })
  t.notMatch(String(refused), /stone/)
  const { queue } = await open(t, guarded, { transport: { ...wrong, password: 'wheel' } })
  t.equal(queue.empty, true)
})

t.test(
  'a consumer that somebody deletes is replaced, and nothing is handed out twice',
  options,
  async (t) => {
    const server = await serve(t)
    const { queue, recorder } = await open(t, server)
    queue.offer(recordsOf(1, 4, 1))
    await recorder.until(() => queue.waiting === 1 && recorder.securedPlaces === 1)
    const admin = await connect({ servers: [...server.transport.servers] })
    await admin.request('$JS.API.CONSUMER.DELETE.millrace-mill-in.millrace-mill-in')
    queue.offer(recordsOf(1, 4, 2))
    await recorder.until(() => queue.waiting === 2)
    t.same(workOff(queue), [1, 2])
    await recorder.until(() => queue.empty)
    await admin.close()
  },
)

t.test('a stream that somebody deletes fails the queue with a clear error', options, async (t) => {
  const server = await serve(t)
  const { queue, recorder } = await open(t, server)
  const admin = await connect({ servers: [...server.transport.servers] })
  await admin.request('$JS.API.STREAM.DELETE.millrace-mill-in')
  queue.offer(recordsOf(1))
  await recorder.until(() => recorder.failures.length > 0)
  t.match(recorder.failures[0], { code: 'broker_unfit', message: /millrace-mill-in was deleted/ })
  await admin.close()
})
