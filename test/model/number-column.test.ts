import fc from 'fast-check'
import t from 'tap'
import { NumberColumn } from '../../src/model/number-column.js'

t.test(
  'a column has the numbers that were put into it, whether they follow one another or not',
  async (t) => {
    const steps = fc.array(fc.constantFrom(1, 1, 1, 1, 0, 5, -3), { maxLength: 20 })
    fc.assert(
      fc.property(fc.nat(100), steps, (first, gaps) => {
        const numbers = [first]
        for (const gap of gaps) numbers.push(numbers.at(-1)! + gap)
        const column = NumberColumn.of(numbers)
        const isRun = gaps.every((gap) => gap === 1)
        const same = numbers.every((number, index) => column.at(index) === number)
        const ends = column.at(-1) === undefined && column.at(numbers.length) === undefined
        const cut = column.slice(1, numbers.length).join() === numbers.slice(1).join()
        return (
          same &&
          ends &&
          cut &&
          column.list().join() === numbers.join() &&
          column.length === numbers.length &&
          column.runFrom === (isRun ? first : undefined)
        )
      }),
    )
    t.pass()
  },
)

t.test('runs that are put into a column at once are as if put in one by one', async (t) => {
  const runs = fc.array(fc.tuple(fc.nat(20), fc.nat(5)), { maxLength: 8 })
  fc.assert(
    fc.property(runs, (runs) => {
      const together = new NumberColumn()
      const numbers: number[] = []
      for (const [first, count] of runs) {
        together.pushRun(first, count)
        for (let i = 0; i < count; i++) numbers.push(first + i)
      }
      const single = NumberColumn.of(numbers)
      return (
        together.list().join() === numbers.join() &&
        together.length === numbers.length &&
        (numbers.length === 0 || together.runFrom === single.runFrom)
      )
    }),
  )
  t.pass()
})
