import fc from 'fast-check'
import t from 'tap'
import type { Span } from '../../../src/model/span.js'
import { NEARBY, Settlements } from '../../../src/primary/router/settlements.js'

/** So many results of each record that was worked off together with the others; after each, so many places are not among them. */
const batches = fc.array(
  fc
    .array(
      fc.record({
        results: fc.nat(2),
        gap: fc.constantFrom(0, 0, 0, 3, 100),
        dropped: fc.constantFrom(0, 0, 5, 100),
      }),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .filter((records) => records.some(({ results }) => results > 0)),
  { minLength: 1, maxLength: 8 },
)

const placesOf = (spans: readonly Span[]): number[] =>
  spans.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))

t.test(
  'every record is settled once, in whatever order the results are secured, and none before its own',
  async (t) => {
    fc.assert(
      fc.property(batches, fc.array(fc.nat()), (reports, order) => {
        const settlements = new Settlements()
        const done: number[] = []
        const settled: number[] = []
        /** Where the results of each record are in the out-queue. */
        const resultsOf = new Map<number, Span>()
        let result = 0
        let place = 1000
        for (const records of reports) {
          const first = result
          const [places, origins]: [number[], number[]] = [[], []]
          for (const { results, gap, dropped } of records) {
            for (let i = 0; i < dropped; i++) places.push(place++)
            places.push(place)
            for (let i = 0; i < results; i++) origins.push(place)
            if (results > 0) resultsOf.set(place, { from: result, to: result + results })
            result += results
            place += 1 + gap
          }
          const from = origins[0]!
          const deltas = Uint32Array.from(origins, (origin) => origin - from)
          const pairs = places.flatMap((its) => [its, its + 1])
          const atOnce = settlements.expect(
            { from: first, to: result },
            { origins: { from, deltas }, done: pairs, dropped: places.length - new Set(origins).size },
          )
          settled.push(...placesOf(atOnce))
          done.push(...places)
        }
        const secured = [...resultsOf].map(([its, span], index) => ({ its, span, by: order[index] ?? index }))
        for (const { its, span } of secured.sort((a, b) => a.by - b.by)) {
          const places = placesOf(settlements.secured(span))
          if (!places.includes(its) || places.some((other) => other !== its && resultsOf.has(other)))
            return false
          // Nobody waits for a result far away.
          if (places.some((place) => Math.abs(place - its) > NEARBY)) return false
          settled.push(...places)
        }
        return settled.sort((a, b) => a - b).join() === done.join() && settlements.dropped === 0
      }),
    )
    t.pass()
  },
)

t.test('one message may secure the results of many batches', async (t) => {
  const settlements = new Settlements()
  t.same(settlements.expect({ from: 0, to: 3 }, { origins: { from: 10 }, done: [10, 13], dropped: 0 }), [])
  const deltas = Uint32Array.of(0, 5, 5 + 2 * NEARBY)
  t.same(
    settlements.expect(
      { from: 3, to: 6 },
      { origins: { from: 20, deltas }, done: [-100, 19, 20, 200], dropped: 296 },
    ),
    [
      { from: -100, to: 20 - NEARBY },
      { from: 25 + NEARBY, to: 25 + 2 * NEARBY },
      { from: 25 + 3 * NEARBY, to: 200 },
    ],
    'what is far from all results is settled at once',
  )
  t.equal(settlements.dropped, NEARBY - 1 + 5 - 1 + NEARBY - 1 + NEARBY - 1)
  t.same(settlements.secured({ from: 1, to: 5 }), [
    { from: 11, to: 13 },
    { from: 20 - NEARBY, to: 19 },
    { from: 20, to: 25 + NEARBY },
  ])
  t.equal(settlements.dropped, NEARBY - 1)
})

t.test('records or results that are not in order are refused', async (t) => {
  const settlements = new Settlements()
  const deltas = Uint32Array.of(1, 0)
  t.throws(
    () => settlements.expect({ from: 0, to: 2 }, { origins: { from: 0, deltas }, done: [0, 2], dropped: 0 }),
    /results are not/,
  )
  t.throws(
    () => settlements.expect({ from: 0, to: 1 }, { origins: { from: 0 }, done: [4, 5, 0, 1], dropped: 1 }),
    /records were/,
  )
})
