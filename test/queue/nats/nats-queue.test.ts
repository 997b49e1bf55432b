import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect } from '@nats-io/transport-node'
import t, { type Test } from 'tap'
import { wholeOf } from '../../../src/model/payload.js'
import type { Span } from '../../../src/model/span.js'
import { type NatsQueueOptions, openNatsQueue } from '../../../src/queue/nats/open.js'
import { encodeBatch } from '../../../src/queue/nats/wire.js'
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
    seen.push(wholeOf(piece.batch.payload)[0]!)
    queue.decide(piece)
    queue.settle({ from: piece.from, to: piece.to })
  }
  return seen
}

t.test('a batch that the server would not take is refused with the limit', options, async (t) => {
  const server = await serve(t, { maxPayload: 4096 })
  const { queue, recorder } = await open(t, server)
  t.throws(() => queue.offer(recordsOf(1, 4096), 0), {
    code: 'record_too_large',
    message: /4124.*3584.*max_payload/,
  })
  t.equal(queue.empty, true, 'and nothing came of it')
  queue.offer(recordsOf(1, queue.largestBatch), 0)
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
    while (offered < batches && queue.room.records >= 5) {
      queue.offer(recordsOf(5, 4, offered), 5 * offered)
      offered++
    }
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
  t.same(seen, [...Array(batches).keys()], 'and the order is kept')
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
    queue.offer(recordsOf(1, 4, 1), 0)
    await recorder.until(() => queue.waiting === 1)
    const stranger = await connect({ servers: [...server.transport.servers] })
    await stranger.request('millrace.mill.in', 'hello, is anybody there?')
    await stranger.request('millrace.mill.in', encodeBatch({ batch: recordsOf(1, 4, 99), place: 1 }))
    await stranger.close()
    queue.offer(recordsOf(1, 4, 2), 1)
    queue.offer(recordsOf(1, 4, 3), 2)
    await recorder.until(() => queue.waiting === 3)
    t.same(workOff(queue), [1, 2, 3])
    await recorder.until(() => queue.empty)
    t.match(errors, [
      /^message 2 of millrace-mill-in was thrown away: it does not begin .*millrace\.mill\.in/,
      /^message 3 of millrace-mill-in was thrown away: it is of another run; .*millrace\.mill\.in/,
    ])
    t.same(recorder.failures, [])
  },
)

t.test(
  'a full stream holds the publisher up until messages are settled, and loses nothing',
  options,
  async (t) => {
    const server = await serve(t)
    const { queue, recorder } = await open(t, server, { maxMessages: 4 })
    for (let i = 0; i < 10; i++) queue.offer(recordsOf(1, 4, i), i)
    await recorder.until(() => queue.waiting === 4)
    const settled: Span[] = []
    const seen: number[] = []
    await recorder.until(() => {
      for (let piece = queue.take(everything); piece; piece = queue.take(everything)) {
        seen.push(wholeOf(piece.batch.payload)[0]!)
        queue.decide(piece)
        settled.push({ from: piece.from, to: piece.to })
      }
      if (seen.length >= 4) for (const places of settled.splice(0)) queue.settle(places)
      return queue.empty
    })
    t.same(seen, [...Array(10).keys()])
  },
)

t.test('what an earlier run left behind is discarded and counted', options, async (t) => {
  const server = await serve(t)
  const first = await open(t, server)
  t.equal(first.discarded, 0)
  for (let i = 0; i < 8; i++) first.queue.offer(recordsOf(2, 4, i), 2 * i)
  await first.recorder.until(() => first.queue.waiting === 16)
  const [done, half] = [1, 2].map(() => first.queue.take({ records: 2, bytes: 100 })!)
  first.queue.decide(done!)
  first.queue.settle(done!)
  first.queue.decide(half!)
  first.queue.settle({ from: half!.from, to: half!.from + 1 })
  await first.queue.close()

  const second = await open(t, server)
  t.equal(second.discarded, 7, 'all but the one that was settled')
  t.equal(second.queue.empty, true)
  t.same(second.queue.room, second.queue.capacity)
  second.queue.offer(recordsOf(1, 4, 100), 3)
  await second.recorder.until(() => second.queue.waiting === 1)
  t.match(second.queue.take(everything), { from: 3, to: 4 })
})

t.test('a message whose delivery was lost comes later, at its place and in its turn', options, async (t) => {
  const server = await serve(t)
  const { queue, recorder } = await open(t, server)
  const thief = await connect({ servers: [...server.transport.servers] })
  // A message that is pulled comes under its own subject, which the shared inbox cannot tell from others.
  const ask = (what: string, body = '') =>
    thief.request(`$JS.API.CONSUMER.${what}.millrace-mill-in.millrace-mill-in`, body, {
      timeout: 10_000,
      noMux: true,
    })
  // In line behind the queue's own pull for 64 messages, which some servers use up first.
  const theft = ask('MSG.NEXT', '{"batch":1}')
  await thief.flush()
  const placeOf = (i: number) => 10 * i + 3
  const offer = (i: number) => queue.offer(recordsOf(1, 4, i), placeOf(i))
  for (let i = 0; i < 80; i++) offer(i)
  const stolen = await theft
  const lost = stolen.data.at(-1)!
  for (let i = 80; i < 100; i++) offer(i)
  const delivered = async () => (await ask('INFO')).json<{ num_ack_pending: number }>().num_ack_pending
  while ((await delivered()) < 100);
  t.ok(queue.waiting <= lost, 'nothing overtakes it')
  t.equal(queue.size.records, 100, 'what waits for it counts')

  thief.publish(stolen.reply!, '-NAK')
  await recorder.until(() => queue.waiting === 100)
  const pieces = Array.from({ length: 100 }, () => queue.take({ records: 1, bytes: 100 })!)
  t.same(
    pieces.map(({ from, batch }) => [from, wholeOf(batch.payload)[0]]),
    pieces.map((_, i) => [placeOf(i), i]),
  )
  for (const piece of pieces) {
    queue.decide(piece)
    queue.settle(piece)
  }
  await recorder.until(() => queue.empty)
  await thief.close()
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
    queue.offer(recordsOf(1, 4, 1), 0)
    await recorder.until(() => queue.waiting === 1)
    const admin = await connect({ servers: [...server.transport.servers] })
    await admin.request('$JS.API.CONSUMER.DELETE.millrace-mill-in.millrace-mill-in')
    queue.offer(recordsOf(1, 4, 2), 1)
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
  queue.offer(recordsOf(1), 0)
  await recorder.until(() => recorder.failures.length > 0)
  t.match(recorder.failures[0], { code: 'broker_unfit', message: /millrace-mill-in was deleted/ })
  await admin.close()
})
