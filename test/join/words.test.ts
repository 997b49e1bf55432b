import fc from 'fast-check'
import t from 'tap'
import * as words from '../../src/join/words.js'
import { specOf } from '../specs.js'

const said = (value: unknown) => Buffer.from(JSON.stringify(value))

const readers = [
  words.helloIn,
  words.toOutpostIn,
  words.toPrimaryIn,
  words.lifeThereIn,
  words.leadIn,
  words.fromWorkerIn,
  (bytes: Uint8Array) => words.toWorkerIn(bytes, '/worker.mjs'),
]

t.test('bytes that say nothing are understood by nobody, and none throw', async (t) => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.json().map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(anything, (bytes) => {
      for (const read of readers) t.equal(read(bytes), undefined)
    }),
    { numRuns: 100 },
  )
})

t.test('a hello has to be one in all its parts', async (t) => {
  const hello = { protocol: 1, version: '0.1.0', id: 'a-1', host: 'box', pid: 3, workers: 2 }
  t.same(words.helloIn(said(hello)), hello)
  for (const wrong of [
    { workers: 0 },
    { workers: 1e6 },
    { id: 'a.b' },
    { id: '*' },
    { host: 'x'.repeat(300) },
    { host: '\u001b[2Jbox' },
  ])
    t.equal(words.helloIn(said({ ...hello, ...wrong })), undefined, JSON.stringify(wrong))
})

t.test(
  'a worker elsewhere is told what one here would be, with its own module and no shared memory',
  async (t) => {
    const worker = { concurrency: 2, delivers: true, lines: 'ndjson', timeout: 1000 } as const
    const specWith = (path: string) =>
      specOf('worker', { worker: { ...worker, module: { path, with: { depth: 3 } } } })
    const spec = { ...specWith('/here/worker.mjs'), sharedMemory: true }
    const told = words.toWorkerIn(said({ type: 'start', spec }), '/there/worker.mjs')
    t.same(told, { type: 'start', spec: specWith('/there/worker.mjs') })
  },
)

t.test('nothing but a worker is forked elsewhere', async (t) => {
  for (const role of ['writer', 'sender'] as const)
    t.equal(words.toWorkerIn(said({ type: 'start', spec: specOf(role) }), '/w.mjs'), undefined)
})

t.test('of what a worker says, only the messages of a worker are heard', async (t) => {
  const vitals = { type: 'vitals', utilization: 0.5, delayMs: 2, heapUsed: 1000 }
  t.same(words.fromWorkerIn(said(vitals)), vitals)
  t.same(words.fromWorkerIn(said({ type: 'hello' })), { type: 'hello' })
  t.equal(words.fromWorkerIn(said({ type: 'vitals', utilization: 'much' })), undefined)
  t.equal(words.fromWorkerIn(said({ type: 'sinkClosed' })), undefined)
})

t.test('only signals that end a process are passed on', async (t) => {
  t.ok(words.leadIn(said({ type: 'kill', signal: 'SIGKILL' })))
  t.equal(words.leadIn(said({ type: 'kill', signal: 'SIGUSR1' })), undefined)
})
