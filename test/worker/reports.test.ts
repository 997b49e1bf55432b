import fc from 'fast-check'
import t from 'tap'
import { decodeBatch } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { type Ids, idAt } from '../../src/model/ids.js'
import { placesIn } from '../../src/model/pairs.js'
import type { Records } from '../../src/model/record.js'
import { Outbox } from '../../src/worker/outbox.js'
import { reportsOf } from '../../src/worker/reports.js'
import { checkOrder, WorkerBench } from './harness.js'

const codec = codecNamed('msgpack')
const unencodable = () => {}

/** A record that finished: how many results it has, whether it failed, or one of its results cannot be encoded. */
const ends = fc.record({
  results: fc.nat(3),
  fails: fc.boolean(),
  odd: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
})

const histories = fc
  .array(ends, { minLength: 1, maxLength: 20 })
  .chain((all) =>
    fc.tuple(
      fc.constant(all),
      fc.shuffledSubarray([...all.keys()], { minLength: 1 }),
      fc.constantFrom(1, 3, 1000),
      fc.constantFrom(40, 2 ** 16),
    ),
  )

/** Records that are lent together. */
const LEND = 5

/** Some lends have keys, and not for each of their records; ids are told in each of the ways there are. */
const keyAt = (place: number) =>
  Math.floor(place / LEND) % 2 === 0 && place % 3 > 0 ? `key${place}` : undefined

function lendsOf(count: number): { readonly records: Records; readonly from: number }[] {
  return Array.from({ length: Math.ceil(count / LEND) }, (_, lend) => {
    const from = lend * LEND
    const places = Array.from({ length: LEND }, (_, index) => from + index)
    const ids: Ids[] = [
      { prefix: 'id', first: from },
      { prefix: 'id', numbers: places },
      { list: places.map((place) => `id${place}`) },
    ]
    const keys = places.map(keyAt)
    const records = { values: places, ids: ids[(lend + count) % 3]!, ...(lend % 2 === 0 && { keys }) }
    return { records, from }
  })
}

function checkAscending(places: readonly number[]): void {
  if (places.some((place, index) => place < (places[index - 1] ?? 0)))
    throw new Error(`${places} are not in order`)
}

for (const inOrder of [true, false]) {
  const claim = inOrder ? 'reports in order cover one run each, with its results in order, and' : 'reports'
  t.test(`${claim} tell of every record once, whatever order they finished in`, async (t) => {
    fc.assert(
      fc.property(histories, ([all, finished, batchRecords, batchBytes]) => {
        const outbox = new Outbox()
        const lends = lendsOf(all.length)
        for (const place of finished) {
          const { results, fails, odd } = all[place]!
          const { records, from } = lends[Math.floor(place / LEND)]!
          const values = Array.from({ length: results }, (_, i) => (odd ? unencodable : `${place}.${i}`))
          if (fails) outbox.addFailure({ place, id: `id${place}`, name: 'Error', message: 'fails' })
          else outbox.addResults(place, values, records, place - from)
        }
        const limits = { batchBytes, batchRecords, maxRecord: 2 ** 20, maxBatch: 2 ** 20 }
        const told = new Map<number, string>()
        for (const { body, payload } of reportsOf(outbox, codec, { packing: limits, inOrder })) {
          if (inOrder) checkOrder(body)
          checkAscending(body.done)
          for (const place of placesIn(body.done)) tell(told, place, '')
          for (const { place } of body.failures ?? []) tell(told, place, 'failed')
          if (!payload) continue
          const { values, ids, keys } = decodeBatch(payload, body.results, codec)
          checkAscending(values.map((value) => Number(String(value).split('.')[0])))
          for (const [index, value] of values.entries()) {
            const place = Number(String(value).split('.')[0])
            told.set(place, `${told.get(place)} ${value}`)
            if (keys?.[index] !== keyAt(place)) throw new Error(`${value} has the key ${keys?.[index]}`)
            if (!new RegExp(`^id${place}(#\\d+)?$`).test(idAt(ids, index)))
              throw new Error(`${value} is ${idAt(ids, index)}`)
          }
        }
        if (told.size !== finished.length) throw new Error('a record is missing')
        for (const [place, fate] of told) {
          const { results, fails, odd } = all[place]!
          const made = Array.from({ length: results }, (_, i) => ` ${place}.${i}`).join('')
          const expected = fails || (odd && results > 0) ? 'failed' : made
          if (fate !== expected) throw new Error(`${place}:${fate}, not${expected}`)
        }
      }),
      { numRuns: 500 },
    )
    t.pass()
  })
}

function tell(told: Map<number, string>, place: number, fate: string): void {
  if (told.has(place)) throw new Error(`${place} is told of twice`)
  told.set(place, fate)
}

t.test('what finished as one run is one report, with its drops inside', async (t) => {
  const outbox = new Outbox()
  const records = { values: [], ids: { prefix: 'id', first: 0 } }
  outbox.addResult(5, 'a', records, 5)
  outbox.addDropped(6)
  outbox.addResult(7, 'b', records, 7)
  const limits = { batchBytes: 1000, maxRecord: 1000, maxBatch: 1000 }
  const reports = reportsOf(outbox, codec, { packing: limits, inOrder: true })
  t.match(reports, [{ body: { done: [5, 8], dropped: 1, results: 2, from: 5 } }])
  t.equal(reports.length, 1)
})

t.test('neighbours that finished out of order are one report in order, and a gap makes two', async (t) => {
  const outbox = new Outbox()
  const records = { values: [], ids: { prefix: 'id', first: 0 } }
  for (const place of [7, 3, 5, 4]) outbox.addResult(place, place, records, place)
  outbox.addFailure({ place: 6, id: 'id6', name: 'Error', message: 'fails' })
  const limits = { batchBytes: 1000, maxRecord: 1000, maxBatch: 1000 }
  const reports = reportsOf(outbox, codec, { packing: limits, inOrder: true })
  t.match(reports, [
    { body: { done: [3, 6], results: 3, from: 3, failures: [{ place: 6 }] } },
    { body: { done: [7, 8], results: 1, from: 7, failures: undefined } },
  ])
  t.equal(reports.length, 2)
})

t.test('a concurrent worker whose results leave in input order reports run by run', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ turns: fc.nat(4), fate: fc.constantFrom('result', 'drop', 'fail') }), {
        minLength: 1,
        maxLength: 30,
      }),
      async (jobs) => {
        const bench = new WorkerBench({ concurrency: 6, inOrder: true })
        await bench.start({
          default: async (
            { turns, fate }: { turns: number; fate: string },
            { drop }: { drop: unknown },
          ): Promise<unknown> => {
            for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
            if (fate === 'fail') throw new Error('fails')
            return fate === 'drop' ? drop : fate
          },
        })
        bench.lend(jobs)
        await bench.allReported()
        return bench.fates.size === jobs.length
      },
    ),
    { numRuns: 50 },
  )
  t.pass()
})

t.test(
  'a record that was stuck while billions of others passed is told in a report of its own',
  async (t) => {
    const outbox = new Outbox()
    const records = { values: [], ids: { prefix: 'id', first: 0 } }
    const far = 2 ** 40
    for (const place of [3, far, far + 1]) outbox.addResults(place, [`${place}.0`], records, 0)
    const limits = { batchBytes: 1000, maxRecord: 1000, maxBatch: 1000 }
    const reports = reportsOf(outbox, codec, { packing: limits, inOrder: false })
    t.same(
      reports.map(({ body: { done, from, results } }) => ({ done, from, results })),
      [
        { done: [3, 4], from: 3, results: 1 },
        { done: [far, far + 2], from: far, results: 2 },
      ],
    )
  },
)
