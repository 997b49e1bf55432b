import t from 'tap'
import { record } from '../../src/model/record.js'
import type { Resume, Source, SourceBatch } from '../../src/model/source.js'
import { sourceFrom, type WriterContext } from '../../src/writer/user-module.js'
import { quietLog } from '../quiet-log.js'

const ref = { path: '/mill/writer.mjs', with: { table: 'orders' } }
const context = {
  wanted: () => 3,
  maxRecord: 1000,
  regions: false,
  signal: new AbortController().signal,
  log: quietLog,
}

interface Read {
  readonly values: readonly unknown[]
  readonly batches: readonly SourceBatch[]
}

async function read(source: Source, resume?: Resume): Promise<Read> {
  const batches: SourceBatch[] = []
  const values: unknown[] = []
  for await (const batch of await source.open(resume, context)) {
    batches.push(batch)
    if ('values' in batch) values.push(...batch.values)
  }
  return { values, batches }
}

/** Where a new writer resumes after so many values, as it would be told: through JSON. */
async function resumeAfter(exports: Record<string, unknown>, count: number): Promise<Resume> {
  const { batches } = await read(sourceFrom(exports, ref))
  const before = Math.floor((count - 1) / 3)
  const position = batches[before]!.positionAfter(count - before * 3)
  return { position: JSON.parse(JSON.stringify(position)), accepted: count }
}

const counted = {
  default: function* () {
    for (let value = 0; value < 10; value++) yield { value }
  },
}

t.test('a plain generator goes on after the values that were accepted', async (t) => {
  for (const count of [1, 3, 5, 10]) {
    const source = sourceFrom(counted, ref)
    const { values } = await read(source, await resumeAfter(counted, count))
    t.same(
      values,
      Array.from({ length: 10 - count }, (_, index) => ({ value: count + index })),
    )
    t.equal(source.kind, 'counted')
  }
})

t.test('ids go on counting over a restart', async (t) => {
  const { batches } = await read(sourceFrom(counted, ref), await resumeAfter(counted, 5))
  t.match(batches[0], { ids: { first: 5 } })
})

t.test('a generator that does not yield the same again is refused, with the ways out', async (t) => {
  const resume = await resumeAfter(counted, 5)
  const other = { default: () => [0, 1, 2, 3, 'another', 5] }
  const short = { default: () => [0, 1] }
  const error = { code: 'source_changed', message: /position.*live = true/ }
  await t.rejects(read(sourceFrom(other, ref), resume), error)
  await t.rejects(read(sourceFrom(short, ref), resume), { ...error, message: /ended after 2/ })
})

t.test('a generator whose records carry positions is told the last one accepted', async (t) => {
  const seen: unknown[] = []
  const positioned = {
    default: function* ({ position }: WriterContext<number>) {
      seen.push(position)
      for (let row = (position ?? -1) + 1; row < 8; row++) yield record(`row ${row}`, { position: row })
    },
  }
  const resume = await resumeAfter(positioned, 5)
  const source = sourceFrom(positioned, ref)
  const { values } = await read(source, resume)
  t.same(values, ['row 5', 'row 6', 'row 7'])
  t.same(seen, [undefined, 4])
  t.equal(source.kind, 'positioned')
})

t.test('keys, headers and ids of records arrive beside their values', async (t) => {
  const marked = {
    default: (ctx: WriterContext) => [
      ctx.record('a', { id: 'first', key: 'k', headers: { h: 'v' } }),
      'plain',
      ctx.with.table,
    ],
  }
  const { batches } = await read(sourceFrom(marked, ref))
  t.match(batches, [
    {
      values: ['a', 'plain', 'orders'],
      ids: { list: ['first', '1', '2'] },
      keys: ['k', undefined, undefined],
    },
  ])
})

t.test('a live generator starts over, because nothing of it can be read again', async (t) => {
  const live = { live: true, default: () => [1, 2] }
  const source = sourceFrom(live, ref)
  t.same((await read(source, { position: { count: 9 }, accepted: 9 })).values, [1, 2])
  t.equal(source.kind, 'live')
})

t.test('a module may be a source, or make one, and keeps its kind', async (t) => {
  const own: Source = {
    kind: 'live',
    async *open() {
      yield { values: [7], ids: { prefix: '', first: 0 }, positionAfter: () => 1 }
    },
    progress: () => ({ lag: 4 }),
  }
  t.equal(sourceFrom({ default: own }, ref), own)
  const made = sourceFrom({ default: () => own }, ref)
  t.same((await read(made)).values, [7])
  t.equal(made.kind, 'live')
  t.same(made.progress?.(), { lag: 4 })
  await made.close?.()
})

t.test('a module that is no writer is refused, and named', async (t) => {
  t.throws(() => sourceFrom({}, ref), { code: 'module_shape', message: /writer\.mjs/ })
  await t.rejects(read(sourceFrom({ default: () => 5 }, ref)), { code: 'module_shape', message: /number/ })
  await t.rejects(read(sourceFrom({ default: () => null }, ref)), { code: 'module_shape', message: /null/ })
})
