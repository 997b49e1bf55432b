import fc from 'fast-check'
import t from 'tap'
import type { Origins } from '../../src/model/batch.js'
import { cutBetweenRecords, placeOf, recordsBehind } from '../../src/model/origins.js'

/** Results in the order of their records. */
const results = fc
  .uniqueArray(fc.nat(30), { minLength: 1, maxLength: 10 })
  .chain((records) =>
    fc.tuple(
      fc.constant(records),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: records.length, maxLength: records.length }),
      fc.nat(1000),
    ),
  )
  .map(([records, counts, from]) => {
    const inOrder = records.toSorted((a, b) => a - b)
    const deltas = inOrder.flatMap((record, i) => new Array<number>(counts[i]!).fill(record))
    return { origins: { from, deltas: Uint32Array.from(deltas) } satisfies Origins, size: deltas.length }
  })

t.test('a batch of results is cut between records only, and every cut makes progress', async (t) => {
  fc.assert(
    fc.property(results, fc.nat(60), fc.integer({ min: 1, max: 60 }), ({ origins, size }, start, want) => {
      const { deltas } = origins
      let begin = start % size
      while (begin > 0 && deltas[begin] === deltas[begin - 1]) begin--
      const end = cutBetweenRecords(origins, begin, begin + want, size)
      const between = end === size || deltas[end] !== deltas[end - 1]
      const oneRecord = recordsBehind(origins, begin, end) === 1
      return end > begin && end <= size && between && (end <= begin + want || oneRecord)
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('the records behind the pieces of a batch add up, and each place is named once', async (t) => {
  fc.assert(
    fc.property(
      results,
      fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 60 }),
      ({ origins, size }, wants) => {
        let begin = 0
        let records = 0
        const places: number[] = []
        for (const want of [...wants, ...new Array<number>(size).fill(1)]) {
          if (begin === size) break
          const end = cutBetweenRecords(origins, begin, begin + want, size)
          records += recordsBehind(origins, begin, end)
          for (let index = begin; index < end; index++) places.push(placeOf(origins, index))
          begin = end
        }
        const wanted = new Set([...origins.deltas].map((delta) => origins.from + delta))
        return records === wanted.size && [...new Set(places)].join() === [...wanted].join()
      },
    ),
  )
  t.pass()
})

t.test('without deltas, each result has a record of its own', async (t) => {
  const origins: Origins = { from: 100 }
  t.equal(recordsBehind(origins, 2, 7), 5)
  t.equal(placeOf(origins, 2), 102)
  t.equal(cutBetweenRecords(origins, 0, 9, 5), 5)
})
