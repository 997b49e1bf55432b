import t from 'tap'
import { drop } from '../../src/worker/context.js'
import { WorkerBench } from './harness.js'

/** What became of these values in a worker whose results leave as lines. */
async function worked(
  values: readonly unknown[],
  exports: Readonly<Record<string, unknown>> = {},
  lines: 'lines' | 'ndjson' = 'lines',
) {
  const bench = new WorkerBench({ lines })
  await bench.start({ default: (value: unknown) => value, ...exports })
  bench.lend(values, 2)
  await bench.allReported()
  return bench
}

const failedAt = ({ failures }: WorkerBench) => failures.map(({ place }) => place)

t.test('results leave as the lines that the sink would have made of them', async (t) => {
  const { results } = await worked(['a', { b: 'x\ny' }, 3, null, Buffer.from('raw'), 'ä'])
  t.same([...results.values()], [['a\n'], ['{"b":"x\\ny"}\n'], ['3\n'], ['null\n'], ['raw\n'], ['ä\n']])
  const ndjson = await worked(['a\nb', 1], {}, 'ndjson')
  t.same([...ndjson.results.values()], [['"a\\nb"\n'], ['1\n']])
})

t.test('a result that cannot be a line fails its record for good, with the fix, and no other', async (t) => {
  const bench = await worked(['a', 'b\nc', 'd', 4, 'e'], {
    default: (value: unknown) => (value === 4 ? new Map() : value),
  })
  t.match(bench.failures, [
    {
      place: 1,
      id: 'id1',
      name: 'record_not_encodable',
      message: /^A string with a line break/,
      final: true,
    },
    { place: 3, id: 'id3', message: 'A Map cannot be written as JSON. Return Object.fromEntries(map).' },
  ])
  t.same([...bench.results.values()], [['a\n'], ['d\n'], ['e\n']])
})

t.test('a record of which one result cannot be a line has none', async (t) => {
  const bench = await worked([1, 2, 3, 0], {
    *default(value: number) {
      for (let i = 1; i <= value; i++) yield value === 2 && i === 2 ? new Set() : `${value}.${i}`
      yield drop
    },
  })
  t.same(failedAt(bench), [1])
  t.same([...bench.results.values()], [['1.1\n'], ['3.1\n', '3.2\n', '3.3\n']])
  t.equal(bench.dropped, 1)
})

t.test('of a batch only the item that cannot be a line fails', async (t) => {
  const bench = await worked(['a', 'b', 'c'], {
    batch: { size: 3, within: 1 },
    default: (values: readonly string[]) => values.map((value) => (value === 'b' ? 1n : value)),
  })
  t.same(failedAt(bench), [1])
  t.same([...bench.results.values()], [['a\n'], ['c\n']])
})

t.test('what cannot be a line is no matter where results go nowhere', async (t) => {
  const bench = new WorkerBench({ delivers: false })
  await bench.start({ default: () => new Map() })
  bench.lend([1])
  await bench.allReported()
  t.equal(bench.fates.get(0), 'done')
})
