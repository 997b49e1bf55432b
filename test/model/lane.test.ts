import fc from 'fast-check'
import t from 'tap'
import { Lane } from '../../src/model/lane.js'

t.test('a lane is an array, however long it is and wherever items are replaced', async (t) => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 400 }) }),
      fc.record({
        from: fc.oneof(fc.nat(3), fc.nat(500)),
        length: fc.oneof(fc.nat(2), fc.nat(300)),
        items: fc.array(fc.nat(), { maxLength: 3 }),
      }),
    ),
    { size: 'max', maxLength: 60 },
  )
  fc.assert(
    fc.property(steps, (history) => {
      const lane = new Lane<number>()
      const model: number[] = []
      for (const step of history) {
        if ('push' in step) {
          for (let i = 0; i < step.push; i++) {
            lane.push(i)
            model.push(i)
          }
        } else {
          const from = Math.min(step.from, model.length)
          const to = Math.min(from + step.length, model.length)
          lane.replace(from, to, step.items)
          model.splice(from, to - from, ...step.items)
        }
        if (lane.length !== model.length || lane.at(0) !== model[0] || lane.at(7) !== model[7]) return false
      }
      return lane.items().join() === model.join()
    }),
  )
  t.pass()
})

t.test('any number of items can be replaced at once', async (t) => {
  const lane = new Lane<number>()
  for (const item of [1, 2, 3]) lane.push(item)
  const many = Array.from({ length: 500_000 }, (_, index) => index)
  lane.replace(1, 2, many)
  t.equal(lane.length, 500_002)
  t.same([lane.at(0), lane.at(1), lane.at(500_000), lane.at(500_001)], [1, 0, 499_999, 3])
})
