import fc from 'fast-check'
import t from 'tap'
import { Ranges } from '../../src/model/ranges.js'

const changes = fc.array(
  fc.record({ add: fc.boolean(), from: fc.nat(40), length: fc.integer({ min: 0, max: 15 }) }),
  { maxLength: 40 },
)

t.test('ranges are the set of places that were added and not removed', async (t) => {
  fc.assert(
    fc.property(changes, fc.nat(50), fc.nat(50), (history, a, b) => {
      const ranges = new Ranges()
      const places = new Set<number>()
      for (const { add, from, length } of history) {
        const before = places.size
        for (let place = from; place < from + length; place++) add ? places.add(place) : places.delete(place)
        const changed = add ? ranges.add(from, from + length) : ranges.remove(from, from + length)
        if (changed !== Math.abs(places.size - before)) return false
      }
      const listed = [...ranges].flatMap(({ from, to }) =>
        Array.from({ length: to - from }, (_, i) => from + i),
      )
      const wanted = [...places].toSorted((x, y) => x - y)
      const asked = Array.from({ length: Math.max(0, b - a) }, (_, i) => a + i)
      return (
        ranges.size === places.size &&
        listed.join() === wanted.join() &&
        ranges.first?.from === wanted[0] &&
        ranges.covers(a, b) === asked.every((place) => places.has(place)) &&
        ranges.touches(a, b) === asked.some((place) => places.has(place))
      )
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('runs are ordered, apart from each other, and never empty', async (t) => {
  fc.assert(
    fc.property(changes, (history) => {
      const ranges = new Ranges()
      for (const { add, from, length } of history) {
        if (add) ranges.add(from, from + length)
        else ranges.remove(from, from + length)
      }
      const runs = [...ranges]
      return (
        ranges.runs === runs.length &&
        runs.every(({ from, to }, i) => from < to && (i === 0 || from > runs[i - 1]!.to))
      )
    }),
  )
  t.pass()
})

t.test('a set that grows at its end and shrinks at its head stays one run', async (t) => {
  const ranges = new Ranges()
  for (let place = 0; place < 1000; place++) {
    ranges.add(place, place + 1)
    ranges.remove(place - 10, place - 9)
    if (ranges.runs !== 1) t.fail(`${ranges.runs} runs`)
  }
  t.same([...ranges], [{ from: 990, to: 1000 }])
})

t.test('many spans that are added in one go are as if they were added one by one', async (t) => {
  const spans = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })), {
    size: 'max',
    maxLength: 12,
  })
  fc.assert(
    fc.property(changes, fc.nat(30), spans, (history, start, gaps) => {
      const [one, other] = [new Ranges(), new Ranges()]
      for (const { from, length } of history) {
        one.add(from, from + length)
        other.add(from, from + length)
      }
      let at = start
      const added = gaps.map(([gap, length]) => {
        const from = at + gap
        at = from + length
        return { from, to: at }
      })
      const before = one.size
      for (const { from, to } of added) one.add(from, to)
      const isSame = other.addAll(added) === one.size - before && other.size === one.size
      const text = (ranges: Ranges) => [...ranges].map(({ from, to }) => `${from}-${to}`).join()
      return isSame && text(one) === text(other)
    }),
    { numRuns: 1000 },
  )
  t.pass()
})
