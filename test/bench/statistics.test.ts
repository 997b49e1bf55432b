import fc from 'fast-check'
import t from 'tap'
import { percentile, spreadOf } from '../../bench/statistics.js'

const figures = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), {
  minLength: 1,
})

t.test('the median is the middle run, or half way between the two in the middle', (t) => {
  t.same(spreadOf([3, 100, 1]), { median: 3, least: 1, most: 100 })
  t.same(spreadOf([4, 1, 2, 100]), { median: 3, least: 1, most: 100 })
  t.same(spreadOf([7]), { median: 7, least: 7, most: 7 })
  t.end()
})

t.test('as many figures lie above a median as below, in whatever order they came', (t) => {
  fc.assert(
    fc.property(figures, (figures) => {
      const { median, least, most } = spreadOf(figures)
      const above = figures.filter((figure) => figure > median).length
      const below = figures.filter((figure) => figure < median).length
      return least <= median && median <= most && Math.max(above, below) * 2 <= figures.length
    }),
  )
  t.end()
})

t.test('a percentile is the smallest figure that so many do not exceed', (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  t.equal(percentile(hundred, 0.99), 99)
  t.equal(percentile(hundred, 0.5), 50)
  t.equal(percentile(hundred, 1), 100)
  t.equal(percentile([5], 0.01), 5)
  fc.assert(
    fc.property(figures, fc.double({ min: 0.001, max: 1, noNaN: true }), (figures, share) => {
      const found = percentile(figures, share)
      const within = figures.filter((figure) => figure <= found).length
      const below = figures.filter((figure) => figure < found).length
      return figures.includes(found) && within >= share * figures.length && below < share * figures.length
    }),
  )
  t.end()
})

t.test('no figures have no middle', (t) => {
  t.throws(() => spreadOf([]), RangeError)
  t.throws(() => percentile([], 0.5), RangeError)
  t.end()
})
