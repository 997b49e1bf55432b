import fc from 'fast-check'
import t from 'tap'
import { FEW_MARKS, Frontier } from '../../src/flow/frontier.js'

const beginning = { place: 0, settledBeyond: [] }

t.test('the position stands behind the last batch before which everything is settled', async (t) => {
  const frontier = new Frontier(beginning)
  frontier.read(10, 'ten')
  frontier.read(20, 'twenty')
  t.same(frontier.reached(), beginning)
  frontier.settle(0, 12)
  t.same(frontier.reached(), { place: 10, position: 'ten', settledBeyond: [{ from: 10, to: 12 }] })
  frontier.settle(15, 20)
  t.same(frontier.reached().settledBeyond, [
    { from: 10, to: 12 },
    { from: 15, to: 20 },
  ])
  frontier.settle(12, 15)
  t.same(frontier.reached(), { place: 20, position: 'twenty', settledBeyond: [] })
  t.equal(frontier.complete, true)
})

t.test('what an earlier run settled beyond its position counts as soon as it is gone past', async (t) => {
  const frontier = new Frontier({ place: 5, position: 'five', settledBeyond: [{ from: 5, to: 7 }] })
  t.same(frontier.reached(), { place: 5, position: 'five', settledBeyond: [{ from: 5, to: 7 }] })
  frontier.read(7, 'seven')
  t.same(frontier.reached(), { place: 7, position: 'seven', settledBeyond: [] })
})

t.test('a place is settled once', async (t) => {
  const frontier = new Frontier(beginning)
  frontier.read(10, 'ten')
  frontier.settle(4, 6)
  t.throws(() => frontier.settle(5, 7), { name: 'InvariantError' })
  frontier.settle(0, 4)
  t.throws(() => frontier.settle(2, 3), { name: 'InvariantError' })
})

t.test('a record that is stuck costs no memory for all that is settled behind it', async (t) => {
  const frontier = new Frontier(beginning)
  for (let place = 0; place < 100_000; place += 10) {
    frontier.read(place + 10, `${place + 10}`)
    frontier.settle(place === 0 ? 1 : place, place + 10)
  }
  t.ok(frontier.marks <= FEW_MARKS + 2, `${frontier.marks} positions of 10,000 are kept`)
  frontier.settle(0, 1)
  t.equal(frontier.reached().position, '100000')
})

t.test('in whatever order records settle, the line stands where a plain account has it', async (t) => {
  const history = fc.record({
    batches: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 20, size: 'max' }),
    order: fc.array(fc.nat(), { minLength: 120, maxLength: 120 }),
  })
  fc.assert(
    fc.property(history, ({ batches, order }) => {
      const frontier = new Frontier(beginning)
      const ends: number[] = [0]
      const unsettled: number[] = []
      const settled = new Set<number>()
      const expectSame = (): void => {
        const firstUnsettled = unsettled.length > 0 ? Math.min(...unsettled) : ends.at(-1)!
        const place = Math.max(...ends.filter((end) => end <= firstUnsettled))
        const beyond = [...settled].filter((each) => each >= place).sort((a, b) => a - b)
        const reached = frontier.reached()
        const islands = reached.settledBeyond.flatMap(({ from, to }) =>
          Array.from({ length: to - from }, (_, i) => from + i),
        )
        if (reached.place !== place) throw new Error(`the line is at ${reached.place}, not ${place}`)
        if (place > 0 && reached.position !== `${place}`) throw new Error(`position ${reached.position}`)
        if (islands.join() !== beyond.join()) throw new Error(`islands ${islands}, not ${beyond}`)
      }
      for (const [index, pick] of order.entries()) {
        const width = batches[index]
        if (width !== undefined) {
          const from = ends.at(-1)!
          for (let place = from; place < from + width; place++) unsettled.push(place)
          ends.push(from + width)
          frontier.read(from + width, `${from + width}`)
        }
        const [place] = unsettled.splice(pick % Math.max(1, unsettled.length), 1)
        if (place !== undefined) {
          frontier.settle(place, place + 1)
          settled.add(place)
        }
        expectSame()
      }
    }),
  )
  t.pass('for random histories')
})
