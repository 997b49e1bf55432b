import t from 'tap'
import type { Config } from '../../src/config/config.js'
import { boundOf, placesOf, specFor, stdioFor } from '../../src/primary/topology.js'

const config = {
  name: 'mill',
  writer: { connector: { scheme: 'stdin' } },
  worker: { path: '/w.mjs', with: {} },
  sender: { connector: { scheme: 'stdout', options: {} } },
  workers: 2,
  concurrency: 3,
  inQueue: 100,
  outQueue: 50,
  queueBytes: 2 ** 20,
  maxRecord: 2 ** 19,
  codec: 'msgpack',
  transport: { kind: 'ipc' },
  deadLetter: { to: { file: '/dead' } },
  log: { level: 'info' },
} as unknown as Config

t.test('a configuration makes one writer, its workers, and a sender if results go anywhere', async (t) => {
  const ids = (of: Config) => placesOf(of).map(({ id }) => id)
  t.same(ids(config), ['sender', 'worker:1', 'worker:2', 'writer'])
  t.same(ids({ ...config, sender: undefined }), ['worker:1', 'worker:2', 'writer'])
  t.same(boundOf(config), { records: 150, bytes: 2 ** 21, retries: 100 })
  t.same(boundOf({ ...config, sender: undefined }), { records: 100, bytes: 2 ** 20, retries: 100 })
})

t.test('each process is told its own part, and where a predecessor stopped', async (t) => {
  const [sender, worker, , writer] = placesOf(config)
  const takeover = { resume: { position: '7', accepted: 7 }, sinkState: '{}' }
  t.match(specFor(writer!, config, takeover), {
    writer: { resume: { accepted: 7 }, regions: true },
    worker: undefined,
  })
  const overNats = { ...config, transport: { kind: 'nats', servers: [] } } as unknown as Config
  t.match(specFor(writer!, overNats, takeover), { writer: { regions: false } })
  t.match(specFor(worker!, config, takeover), { worker: { concurrency: 3, delivers: true }, index: 1 })
  t.match(specFor(sender!, config, takeover), {
    sender: { state: '{}', redelivers: true },
    writer: undefined,
  })
  t.match(specFor(sender!, config, { redelivers: false }), { sender: { redelivers: false } })
  t.equal(
    specFor(worker!, config, {}, { largestBatch: 1000 }).maxRecord,
    1000,
    'what the transport lets through at once',
  )
  const [overLinks, inMemory] = [{}, { sharedMemory: true }].map((carriage) =>
    specFor(worker!, { ...config, queueBytes: 2 ** 26 }, {}, carriage),
  )
  t.ok(inMemory!.sharedMemory && inMemory!.batchBytes > overLinks!.batchBytes && !overLinks!.sharedMemory)
})

t.test(
  'dead letters that go to a sink have a sender of their own, which confirms what is durable',
  async (t) => {
    const to = { module: { path: '/letters.mjs', with: {} } }
    const withSink = { ...config, deadLetter: { ...config.deadLetter, to } }
    const [place, ...others] = placesOf(withSink)
    t.same(others, placesOf(config))
    t.match(place, { id: 'dead-letters', role: 'sender' })
    t.match(specFor(place!, withSink, { sinkState: '{}' }), {
      process: 'dead-letters',
      codec: 'json',
      sender: { to, redelivers: false, durably: true, state: undefined },
    })
    t.same(stdioFor(place!, withSink), { stdin: false, stdout: false })
  },
)

t.test("only the ends that use the primary's own streams are given them", async (t) => {
  const streams = placesOf(config).map((place) => stdioFor(place, config))
  t.same(streams, [
    { stdin: false, stdout: true },
    { stdin: false, stdout: false },
    { stdin: false, stdout: false },
    { stdin: true, stdout: false },
  ])
})

t.test('of a large queue no process has more than half in hand', async (t) => {
  const [sender, worker] = placesOf(config)
  const large = { ...config, inQueue: 60_000, outQueue: 40_000 }
  t.equal(specFor(worker!, large, {}).hand.records, 30_000)
  t.equal(specFor(sender!, large, {}).hand.records, 20_000)
  t.equal(specFor(worker!, config, {}).hand.records, 8192)
})

t.test('workers make lines where the sink is one of lines, and in its format', async (t) => {
  const linesTo = (sender: unknown) => {
    const to = { ...config, sender } as unknown as Config
    return specFor(placesOf(to).find(({ role }) => role === 'worker')!, to, {}).worker?.lines
  }
  const connector = (scheme: string, options: object = {}) => ({ connector: { scheme, options } })
  t.equal(linesTo(connector('file')), 'lines')
  t.equal(linesTo(connector('stdout', { format: 'lines' })), 'lines')
  t.equal(linesTo(connector('file', { format: 'ndjson' })), 'ndjson')
  t.equal(linesTo(connector('null')), undefined)
  t.equal(linesTo({ module: { path: '/sender.mjs', with: {} } }), undefined)
  t.equal(linesTo(undefined), undefined)
})
