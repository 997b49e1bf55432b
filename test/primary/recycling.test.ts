import fc from 'fast-check'
import t from 'tap'
import { MillraceError } from '../../src/errors.js'
import type { ChildProcess } from '../../src/primary/processes/child-process.js'
import {
  type RecycleLimits,
  Recycling,
  type RecyclingParts,
  reasonToRecycle,
  shareOfMemory,
} from '../../src/primary/recycling.js'
import type { PipelineEvent } from '../../src/telemetry/events.js'
import { FakeClock } from '../fake-clock.js'

const MIB = 2 ** 20
const fresh = { records: 0, rss: 60 * MIB, age: 0 }

t.test(
  'a worker is replaced for what it has handled, its memory or its age, and says for which',
  async (t) => {
    t.match(reasonToRecycle({ ...fresh, records: 10 }, { records: 10 }), /handled 10 records/)
    t.match(reasonToRecycle({ ...fresh, rss: 300 * MIB }, { rss: 256 * MIB }), /300 MiB resident/)
    t.match(reasonToRecycle({ ...fresh, age: 60_000 }, { age: 60_000 }), /run for 60 s/)
    t.equal(
      reasonToRecycle({ ...fresh, rss: undefined }, { rss: 1 }),
      undefined,
      'memory that is not known is none',
    )
  },
)

t.test('a worker that is within all its limits is never replaced', async (t) => {
  const amount = fc.integer({ min: 0, max: 2 ** 40 })
  fc.assert(
    fc.property(amount, amount, amount, (records, rss, age) => {
      const beyond = { records: records + 1, rss: rss + 1, age: age + 1 }
      t.equal(reasonToRecycle({ records, rss, age }, beyond), undefined)
      t.equal(reasonToRecycle({ records, rss, age }, {}), undefined)
    }),
    { numRuns: 50 },
  )
})

t.test(
  'the workers of a container share its memory, and none gets less than it needs to start',
  async (t) => {
    t.equal(shareOfMemory(undefined, 4), undefined)
    t.equal(shareOfMemory(4096 * MIB, 4), Math.floor(4096 * MIB * 0.9 * 0.25))
    t.equal(shareOfMemory(256 * MIB, 8), 128 * MIB)
  },
)

/** Two workers whose memory and whose fate are the test's. */
function scene(limits: RecycleLimits, more: Partial<RecyclingParts> = {}) {
  const clock = new FakeClock()
  const events: PipelineEvent[] = []
  const recycled: string[] = []
  const killed: string[] = []
  const rss = new Map([
    [1, 60 * MIB],
    [2, 60 * MIB],
  ])
  const workers = [1, 2].map(
    (pid) =>
      ({ key: `worker:${pid}/1`, pid, place: { id: `worker:${pid}` }, since: Date.now() }) as ChildProcess,
  )
  const recycling = new Recycling({
    limits,
    clock,
    memory: undefined,
    emit: (event) => events.push(event),
    workers: () => workers,
    places: () => workers.length,
    sample: async () => new Map([...rss].map(([pid, bytes]) => [pid, { cpu: 0, cpuMs: 0, rss: bytes }])),
    recycle: async (id, why) => recycled.push(`${id} ${why}`),
    kill: ({ key }, how) => killed.push(`${key} ${how}`),
    ...more,
  })
  recycling.start()
  const look = async () => {
    clock.pass(1000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { recycling, clock, events, recycled, killed, rss, look }
}

t.test('old workers are replaced one at a time', async (t) => {
  let release = () => {}
  const begun: string[] = []
  const { recycling, look } = scene(
    { records: 100 },
    {
      recycle: (id) => {
        begun.push(id)
        return new Promise<void>((resolve) => {
          release = resolve
        })
      },
    },
  )
  for (const key of ['worker:1/1', 'worker:2/1']) recycling.did(key, 100)
  await look()
  await look()
  t.same(begun, ['worker:1'])
  recycling.gone('worker:1/1')
  release()
  await look()
  await look()
  t.same(begun, ['worker:1', 'worker:2'])
})

t.test('the memory of a container is not shared with workers of another machine', async (t) => {
  const elsewhere = {
    key: 'worker:3/1',
    pid: 1,
    place: { id: 'worker:3', host: 'box' },
    since: Date.now(),
    figures: { cpu: 0, cpuMs: 0, rss: 900 * MIB },
  } as ChildProcess
  const workers = () => [elsewhere]
  const inContainer = scene({}, { memory: 1000 * MIB, workers, places: () => 2 })
  await inContainer.look()
  t.same(inContainer.killed, [])
  const limited = scene({ maxRss: 800 * MIB }, { workers })
  await limited.look()
  t.match(
    limited.killed,
    [/^worker:3\/1 it had 900 MiB/],
    'what was said to be too much is too much everywhere',
  )
  const recycling = scene({ rss: 800 * MIB }, { workers })
  await recycling.look()
  t.match(recycling.recycled, [/^worker:3 it has 900 MiB/])
})

t.test('the oldest of the old ones is first', async (t) => {
  const recycled: string[] = []
  const since = Date.now()
  const worker = (pid: number, age: number) =>
    ({ key: `worker:${pid}/1`, pid, place: { id: `worker:${pid}` }, since: since - age }) as ChildProcess
  const { recycling, look } = scene(
    { records: 1 },
    {
      workers: () => [worker(1, 5), worker(2, 500), worker(3, 50)],
      recycle: async (id) => recycled.push(id),
    },
  )
  for (const pid of [1, 2, 3]) recycling.did(`worker:${pid}/1`, 1)
  await look()
  t.same(recycled, ['worker:2'])
})

t.test('a worker whose replacement fails goes on, and is tried again after a while', async (t) => {
  let tries = 0
  const { look, clock, events } = scene(
    { rss: 50 * MIB },
    {
      recycle: async (id) => {
        if (id === 'worker:1') tries++
        throw new Error('it does not start')
      },
    },
  )
  for (let i = 0; i < 5; i++) await look()
  t.equal(tries, 1)
  t.match(events[0], { type: 'recycleFailed', process: 'worker:1', error: 'it does not start' })
  clock.pass(60_000)
  await look()
  t.equal(tries, 2)
})

t.test('a worker whose machine left before it could be replaced is not missed', async (t) => {
  const { look, events } = scene(
    { rss: 50 * MIB },
    {
      recycle: async () => {
        throw new MillraceError('unknown_target', 'worker:1 is no more')
      },
    },
  )
  await look()
  await look()
  t.same(events, [])
})

t.test('a place that is no more is not remembered as one that failed', async (t) => {
  let tries = 0
  const { recycling, look } = scene(
    { rss: 50 * MIB },
    {
      workers: () => [{ key: 'worker:1/1', pid: 1, place: { id: 'worker:1' }, since: 0 } as ChildProcess],
      recycle: async () => {
        tries++
        throw new Error('it does not start')
      },
    },
  )
  await look()
  await look()
  t.equal(tries, 1)
  recycling.removed('worker:1')
  await look()
  t.equal(tries, 2)
})

t.test('a worker that takes more memory than it may is killed, and no other', async (t) => {
  const { look, rss, killed, events, recycled } = scene({ maxRss: 200 * MIB })
  await look()
  t.same(killed, [])
  rss.set(2, 201 * MIB)
  await look()
  t.same(killed, ['worker:2/1 it had 201 MiB resident, and may have 200 MiB'])
  t.match(events, [{ type: 'workerTooLarge', process: 'worker:2', pid: 2, limit: 200 * MIB }])
  t.same(recycled, [])
})

t.test('where nothing is limited, nobody looks', async (t) => {
  const { clock, recycling } = scene({})
  t.equal(clock.timers, 0)
  recycling.stop()
})
