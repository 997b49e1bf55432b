import fc from 'fast-check'
import t from 'tap'
import { WorkerBench } from './harness.js'

interface Job {
  readonly place: number
  readonly turns: number
  readonly fails: boolean
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A worker module of each kind, which notes in the bench's history when it begins and ends a record. */
const modules: Record<string, (bench: WorkerBench) => Record<string, unknown>> = {
  sync: (bench) => ({
    default: (job: Job) => {
      bench.history.push(`began ${job.place}`, `ended ${job.place}`)
      if (job.fails) throw new Error('fails')
      return job.place
    },
  }),
  async: (bench) => ({
    default: async (job: Job) => {
      bench.history.push(`began ${job.place}`)
      await turns(job.turns)
      bench.history.push(`ended ${job.place}`)
      if (job.fails) throw new Error('fails')
      return job.place
    },
  }),
  'of batches': (bench) => ({
    batch: { size: 3, within: 1 },
    default: async (jobs: Job[]) => {
      for (const { place } of jobs) bench.history.push(`began ${place}`)
      await turns(jobs[0]!.turns)
      for (const { place } of jobs) bench.history.push(`ended ${place}`)
      return jobs.map((job) => (job.fails ? new Error('fails') : job.place))
    },
  }),
}

const lends = fc.array(
  fc.record({
    careful: fc.boolean(),
    jobs: fc.array(fc.record({ turns: fc.nat(3), fails: fc.boolean() }), { minLength: 1, maxLength: 5 }),
    pause: fc.nat(2),
  }),
  { minLength: 1, maxLength: 6 },
)

for (const [kind, moduleOf] of Object.entries(modules)) {
  t.test(`a careful record runs alone between announcement and report, by a handler ${kind}`, async (t) => {
    await fc.assert(
      fc.asyncProperty(lends, fc.integer({ min: 1, max: 4 }), async (lent, concurrency) => {
        const bench = new WorkerBench({ concurrency })
        await bench.start(moduleOf(bench))
        const careful = new Set<number>()
        let place = 0
        for (const { careful: isCareful, jobs, pause } of lent) {
          const values = jobs.map((job): Job => ({ ...job, place: place++ }))
          if (isCareful) for (const value of values) careful.add(value.place)
          bench.lend(values, 0, 1, isCareful)
          await turns(pause)
        }
        await bench.allReported()
        checkHistory(bench.history, careful)
        if (bench.fates.size !== place) throw new Error('some were not reported')
      }),
      { numRuns: 100 },
    )
    t.pass()
  })
}

/** Throws if anything happened while a careful record was not alone, or that it should have waited for. */
function checkHistory(history: readonly string[], careful: ReadonlySet<number>): void {
  let alone: string | undefined
  const open = new Set<string>()
  const unreported = new Set<string>()
  for (const event of history) {
    const [what, place] = event.split(' ') as [string, string]
    if (what === 'returned') continue
    if (alone !== undefined && place !== alone) throw new Error(`${event} while ${alone} should be alone`)
    if (what === 'announced') {
      if (!careful.has(Number(place))) throw new Error(`${event}, which is not careful`)
      if (open.size > 0 || unreported.size > 0) throw new Error(`${event} before others were reported`)
      alone = place
    } else if (what === 'began') {
      if (careful.has(Number(place)) && alone !== place) throw new Error(`${event} unannounced`)
      open.add(place)
    } else if (what === 'ended') {
      open.delete(place)
      unreported.add(place)
    } else {
      unreported.delete(place)
      if (alone === place) alone = undefined
    }
  }
}

t.test('a careful record begins only when its announcement has left the process', async (t) => {
  const bench = new WorkerBench()
  await bench.start({ default: (value: number) => bench.history.push(`began ${value}`) })
  bench.link.holds = true
  bench.lendCarefully([0])
  await turns(3)
  t.same(bench.history, ['announced 0'])
  bench.link.release()
  await bench.allReported()
  t.same(bench.history, ['announced 0', 'began 0', 'reported 0'])
})

t.test('nothing begins before what a careful record came to has left the process', async (t) => {
  const bench = new WorkerBench()
  const began = (value: number) => bench.history.push(`began ${value}`)
  await bench.start({
    default: (value: number) => {
      began(value)
      bench.link.holds = value === 0
      return value
    },
  })
  bench.lendCarefully([0])
  bench.lend([1])
  await bench.link.until(() => bench.fates.has(0))
  await turns(3)
  t.same(bench.history, ['announced 0', 'began 0', 'reported 0'])
  bench.link.release()
  await bench.allReported()
  t.equal(bench.history.at(-2), 'began 1')
})

t.test('nor while its results wait for room', async (t) => {
  const bench = new WorkerBench({ room: 0 })
  await bench.start({
    default: (value: number) => {
      bench.history.push(`began ${value}`)
      return value
    },
  })
  bench.lendCarefully([0])
  bench.lend([1])
  await bench.allReported()
  t.same(bench.history, ['announced 0', 'began 0', 'reported 0', 'began 1', 'reported 1'])
})

t.test('a careful record that nobody began can be given back', async (t) => {
  const bench = new WorkerBench()
  await bench.start({
    default: async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      return 1
    },
  })
  bench.lendCarefully(new Array<number>(50).fill(0))
  await bench.link.until(() => [...bench.fates.values()].includes('returned'))
  t.equal([...bench.fates.values()].filter((fate) => fate === 'done').length, 1, 'after the first of them')
  t.equal(bench.link.all('begin').length, 1)
})

t.test('a batch does not wait for more when a careful record is behind it', async (t) => {
  const bench = new WorkerBench()
  const sizes: number[] = []
  await bench.start({
    batch: { size: 10, within: '24d' },
    default: async (values: unknown[]) => {
      sizes.push(values.length)
      return values
    },
  })
  bench.lend([0, 1])
  bench.lendCarefully([2, 3])
  await bench.allReported()
  t.same(sizes, [2, 1, 1])
})
