import fc from 'fast-check'
import t from 'tap'
import { type Ids, idAt, pickIds, sliceIds } from '../../src/model/ids.js'

const SIZE = 12

const ids: fc.Arbitrary<Ids> = fc.oneof(
  fc.record({ prefix: fc.string(), first: fc.nat() }),
  fc.record({ prefix: fc.string(), numbers: fc.array(fc.nat(), { minLength: SIZE, maxLength: SIZE }) }),
  fc
    .array(fc.nat(), { minLength: SIZE, maxLength: SIZE })
    .map((numbers) => ({ prefix: 'big.log@', numbers: Float64Array.from(numbers) })),
  fc.record({ list: fc.array(fc.string(), { minLength: SIZE, maxLength: SIZE }) }),
)

t.test('a record keeps its id in every part and selection of its batch', async (t) => {
  fc.assert(
    fc.property(ids, fc.nat(SIZE), fc.array(fc.nat(SIZE - 1)), (ids, from, indexes) => {
      const slice = sliceIds(ids, from, SIZE)
      const picked = pickIds(ids, indexes)
      for (let i = from; i < SIZE; i++) if (idAt(slice, i - from) !== idAt(ids, i)) return false
      return indexes.every((index, i) => idAt(picked, i) === idAt(ids, index))
    }),
  )
  t.pass()
})
