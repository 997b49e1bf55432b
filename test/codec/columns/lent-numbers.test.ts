import fc from 'fast-check'
import t from 'tap'
import { lentNumbers, numbersIn } from '../../../src/codec/columns/lent-numbers.js'

const types = [Uint32Array, Int32Array, Float64Array] as const

for (const Type of types) {
  t.test(`${Type.name}: numbers come back from their bytes, wherever these stand`, async () => {
    const anyNumber =
      Type === Float64Array ? fc.double() : fc.integer({ min: Type === Int32Array ? -(2 ** 31) : 0 })
    fc.assert(
      fc.property(fc.array(anyNumber, { maxLength: 3000 }), fc.nat(9), (values, offset) => {
        const lent = lentNumbers<InstanceType<typeof Type>>(Type as never, values.length)
        lent.numbers.set(values)
        const bytes = lent.bytes.subarray(0, values.length * Type.BYTES_PER_ELEMENT)
        // Something stands before and behind them, and no border of their size where they begin.
        const within = Buffer.concat([Buffer.alloc(offset, 0xff), bytes, Buffer.alloc(3, 0xff)])
        const read = numbersIn(Type as never, within.subarray(offset), values.length)
        return read.length === values.length && values.every((value, i) => Object.is(read[i], value))
      }),
      { numRuns: 50 },
    )
  })

  t.test(`${Type.name}: at least as many are lent as are asked for`, async (t) => {
    for (const count of [0, 1, 1024, 1025, 2 ** 17, 2 ** 17 + 1]) {
      const { numbers, bytes } = lentNumbers<InstanceType<typeof Type>>(Type as never, count)
      t.ok(numbers instanceof Type && numbers.length >= count, `${count}`)
      t.equal(bytes.byteLength, numbers.length * Type.BYTES_PER_ELEMENT)
    }
  })
}

t.test('the bytes are those of the numbers, not a copy', async (t) => {
  const { numbers, bytes } = lentNumbers(Uint32Array, 2)
  numbers.set([1, 2])
  numbers[1] = 3
  t.same(new Uint32Array(bytes.buffer, 0, 2), [1, 3])
})

t.test('the same memory is lent again and again; more than is usual is not kept', async (t) => {
  const usual = lentNumbers(Int32Array, 2000)
  t.equal(lentNumbers(Int32Array, 10), usual)
  t.equal(lentNumbers(Int32Array, usual.numbers.length), usual)
  const rare = lentNumbers(Int32Array, 2 ** 17 + 1)
  t.not(rare.numbers.buffer, usual.numbers.buffer)
  t.equal(lentNumbers(Int32Array, 10), usual, 'and takes the place of nothing')
  t.not(lentNumbers(Int32Array, 2 ** 17 + 1), rare)
})

t.test('kinds of numbers have memory of their own', async (t) => {
  const { numbers: whole } = lentNumbers(Int32Array, 4)
  const { numbers: unsigned } = lentNumbers(Uint32Array, 4)
  const { numbers: real } = lentNumbers(Float64Array, 4)
  whole.fill(-1)
  unsigned.fill(7)
  real.fill(0.5)
  t.same([...whole.subarray(0, 4)], [-1, -1, -1, -1])
  t.same([...unsigned.subarray(0, 4)], [7, 7, 7, 7])
})
