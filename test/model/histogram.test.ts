import fc from 'fast-check'
import t from 'tap'
import { Histogram } from '../../src/model/histogram.js'

const bounds = [1, 10, 100]

const observations = fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 5000 })))

function histogramOf(values: readonly (readonly [number, number])[]): Histogram {
  const histogram = new Histogram(bounds)
  for (const [value, weight] of values) histogram.observe(value, weight)
  return histogram
}

const read = ({ counts, sum }: Histogram) => ({ counts, sum })

t.test('a value is in the first bucket whose bound it does not exceed', async (t) => {
  const histogram = histogramOf([0, 1, 1.5, 10, 100, 100.1].map((value) => [value, 1]))
  t.same(read(histogram), { counts: [2, 2, 1, 1], sum: 212.6 })
})

t.test('an observation of some weight is as many of one', async (t) => {
  const oneByOne = ([value, weight]: readonly [number, number]) =>
    Array.from({ length: weight % 50 }, () => [value, 1] as const)
  fc.assert(
    fc.property(observations, (values) => {
      const weighted = values.filter(([, weight]) => weight % 50 > 0).map(([v, w]) => [v, w % 50] as const)
      t.same(read(histogramOf(weighted)), read(histogramOf(values.flatMap(oneByOne))))
    }),
    { numRuns: 30 },
  )
})

t.test('what is taken from many and merged is what one would have seen, and is taken once', async (t) => {
  fc.assert(
    fc.property(fc.array(observations), (parts) => {
      const merged = new Histogram(bounds)
      for (const part of parts) {
        const histogram = histogramOf(part)
        const taken = histogram.take()
        if (taken) merged.merge(taken)
        t.same(read(histogram), { counts: [0, 0, 0, 0], sum: 0 })
        t.equal(histogram.take(), undefined)
      }
      t.same(read(merged), read(histogramOf(parts.flat())))
    }),
    { numRuns: 30 },
  )
})
