import { statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { drop } from '../../src/worker/context.js'
import { WorkerBench } from './harness.js'

interface Job {
  readonly turns: number
  readonly results: number
  readonly fails: boolean
}

const jobs = fc.array(fc.record({ turns: fc.nat(3), results: fc.nat(3), fails: fc.boolean() }), {
  minLength: 1,
  maxLength: 12,
})

/** Handlers of every kind; each does with a job what the job says. */
const handlers: Record<string, (job: Job) => unknown> = {
  sync: (job) => {
    if (job.fails) throw new Error('fails')
    return job.results === 0 ? drop : job
  },
  async: async (job) => {
    await turns(job.turns)
    if (job.fails) throw new Error('fails')
    return job.results === 0 ? drop : job
  },
  generator: function* (job) {
    for (let i = 0; i < job.results; i++) yield i
    if (job.fails) throw new Error('fails')
  },
  'async generator': async function* (job) {
    for (let i = 0; i < job.results; i++) {
      await turns(job.turns)
      yield i
    }
    if (job.fails) throw new Error('fails')
  },
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

for (const [kind, handler] of Object.entries(handlers)) {
  t.test(
    `every record lent to a handler that is ${kind} is reported exactly once, with its results`,
    async (t) => {
      const lends = fc.array(fc.tuple(jobs, fc.nat(2)), { minLength: 1, maxLength: 6 })
      const options = fc.record({
        concurrency: fc.integer({ min: 1, max: 8 }),
        room: fc.constantFrom(0, 1, 5, 1000),
        batchBytes: fc.constantFrom(40, 2 ** 16),
      })
      await fc.assert(
        fc.asyncProperty(lends, options, async (lent, choices) => {
          const bench = new WorkerBench(choices)
          await bench.start({ default: handler })
          const all: Job[] = []
          for (const [some, around] of lent) {
            all.push(...some)
            bench.lend(some, around)
            if (around === 1) await turns(1)
          }
          await bench.allReported()
          for (const [place, job] of all.entries()) {
            const fate = bench.fates.get(place)
            if (fate === 'returned') continue
            if (fate !== (job.fails ? 'failed' : 'done')) throw new Error(`${place} is ${fate}`)
            const many = kind.includes('generator') ? job.results : Math.min(1, job.results)
            const results = bench.results.get(place)?.length ?? 0
            if (results !== (job.fails ? 0 : many)) throw new Error(`${place} has ${results} results`)
          }
        }),
        { numRuns: 60 },
      )
      t.pass()
    },
  )
}

t.test(
  'every record lent to a handler of batches is reported exactly once, and one failure fails no other',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(jobs, fc.integer({ min: 1, max: 5 }), fc.boolean(), async (all, size, throws) => {
        const bench = new WorkerBench()
        const sizes: number[] = []
        await bench.start({
          batch: { size, within: 1 },
          default: async (values: Job[]) => {
            sizes.push(values.length)
            await turns(values[0]!.turns)
            if (throws && values.some(({ fails }) => fails)) throw new Error('all fail')
            return values.map((job) => (job.fails ? new Error('fails') : job.results === 0 ? drop : job))
          },
        })
        bench.lend(all)
        await bench.allReported()
        if (sizes.some((length) => length > size)) throw new Error(`a call with ${sizes}`)
        return all.every(({ fails }, place) => {
          const fate = bench.fates.get(place)
          return fails ? fate === 'failed' : fate === 'done' || (throws && fate === 'failed')
        })
      }),
      { numRuns: 60 },
    )
    t.pass()
  },
)

t.test('a batch that comes back is reported as one', async (t) => {
  const bench = new WorkerBench()
  await bench.start({ batch: { size: 500 }, default: async (values: unknown[]) => values })
  bench.lend(Array.from({ length: 500 }, (_, index) => index))
  await bench.allReported()
  t.equal(bench.reports, 1)
})

t.test('results that there is no room for wait, and the room is asked for once', async (t) => {
  const bench = new WorkerBench({ room: 0 })
  await bench.start({ default: (value: unknown) => value })
  bench.lend([1, 2, 3])
  t.equal(bench.reports, 0)
  t.equal(bench.link.all('need').length, 1)
  await bench.allReported()
  t.same([...bench.results.values()].flat(), [1, 2, 3])
})

t.test('a slow handler gives back what would wait too long', async (t) => {
  const bench = new WorkerBench()
  await bench.start({
    default: async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, ms))
      return ms
    },
  })
  bench.lend(new Array<number>(52).fill(60))
  await bench.link.until(() => [...bench.fates.values()].includes('returned'))
  t.equal([...bench.fates.values()].filter((fate) => fate === 'done').length, 1, 'after the first of them')
  await bench.allReported()
  t.ok([...bench.fates.values()].filter((fate) => fate === 'returned').length > 40)
})

t.test('a result undefined is an error that names the fix, and without a sender it is done', async (t) => {
  const delivering = new WorkerBench()
  await delivering.start({ default: () => undefined })
  delivering.lend([1])
  await delivering.allReported()
  t.match(delivering.failures, [{ place: 0, id: 'id0', final: true, message: /ctx\.drop/ }])
  const ending = new WorkerBench({ delivers: false })
  await ending.start({ default: () => undefined })
  ending.lend([1, 2])
  await ending.allReported()
  t.match([...ending.fates.values()], ['done', 'done'])
  t.equal(ending.dropped, 0)
})

t.test('a result that cannot be encoded fails its record for good, and no other', async (t) => {
  const bench = new WorkerBench()
  await bench.start({
    default: function* (value: number) {
      yield value
      yield value === 2 ? () => {} : value
    },
  })
  bench.lend([1, 2, 3])
  await bench.allReported()
  t.same(
    [...bench.fates],
    [
      [0, 'done'],
      [2, 'done'],
      [1, 'failed'],
    ],
  )
  t.match(bench.failures, [{ place: 1, final: true, name: 'record_not_encodable' }])
  t.same(bench.resultIds, ['id0#1', 'id0#2', 'id2#1', 'id2#2'])
})

t.test('whatever a handler throws is a failure that can be read', async (t) => {
  const odd = Object.assign(new Error('x'), { message: { nested: 1 }, stack: [1] as unknown as string })
  const thrown = ['text', undefined, null, 5, Symbol('s'), Object.create(null), odd]
  const bench = new WorkerBench()
  await bench.start({
    default: (index: number) => {
      throw thrown[index]
    },
  })
  bench.lend(thrown.map((_, index) => index))
  await bench.allReported()
  t.equal(bench.failures.length, thrown.length)
  t.ok(bench.failures.every(({ message, name }) => typeof message === 'string' && typeof name === 'string'))
})

t.test(
  'setup comes before the first record, teardown when it is stopped, and both see the settings',
  async (t) => {
    const calls: string[] = []
    const note = (what: string) => (ctx: { with: { setting: number }; index: number }) =>
      void calls.push(`${what} ${ctx.with.setting} ${ctx.index}`)
    const bench = new WorkerBench()
    const loop = await bench.start({
      setup: note('setup'),
      teardown: note('teardown'),
      default: (_: unknown, ctx: { id: string; attempt: number }) => {
        calls.push(`${ctx.id} attempt ${ctx.attempt}`)
        return 1
      },
    })
    bench.lend([1], 2, 3)
    await bench.allReported()
    await loop.stop()
    t.same(calls, ['setup 1 1', 'id0 attempt 3', 'teardown 1 1'])
  },
)

t.test('a module that is no worker is refused, and the export that is wrong is named', async (t) => {
  const start = (exports: object) => new WorkerBench().start(exports as Record<string, unknown>)
  const shape = (message: RegExp) => ({ code: 'module_shape', message })
  await t.rejects(start({}), shape(/worker\.mjs has no handler/))
  await t.rejects(start({ default: () => {}, setup: 5 }), shape(/`setup`/))
  await t.rejects(start({ default: () => {}, batch: { size: 0 } }), shape(/`batch`/))
})

t.test(
  'lines that a worker reads itself are handled like all others, but for those that are no records',
  async (t) => {
    const lines = ['0', '1', 'two', '3', 'four', '5']
    const content = `${lines.join('\n')}\n`
    const path = join(t.testdir({ 'in.log': content }), 'in.log')
    const bench = new WorkerBench()
    await bench.start({ default: (value: number) => value * 10 })
    const region = { path, inode: statSync(path).ino, from: 0, to: content.length, prefix: 'in.log@' }
    bench.lendRegion({ ...region, format: 'ndjson' }, lines.length, 1)
    await bench.allReported()
    t.same([...bench.results.values()].flat(), [10, 30])
    t.match(bench.failures, [
      { place: 1, id: 'in.log@4', name: 'record_not_json', final: true, refused: true },
      { place: 3, id: 'in.log@10', name: 'record_not_json', final: true, refused: true },
    ])
  },
)
