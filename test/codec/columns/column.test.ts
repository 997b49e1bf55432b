import t from 'tap'
import { codecNamed } from '../../../src/codec/codec.js'
import { encodeColumn, FEWEST_OBJECTS, form } from '../../../src/codec/columns/column.js'
import { Scratch } from '../../../src/codec/scratch.js'

t.test('what is alike is written as a column, and nothing else is', async (t) => {
  const objects = (count: number) => Array.from({ length: count }, (_, x) => ({ x, at: { y: x / 3 } }))
  for (const [values, expected] of [
    [['a', 'b'], form.text],
    [['a', '\ud83d'], form.wideText],
    [[Buffer.from('a'), new Uint8Array(2)], form.bytes],
    [[1, -(2 ** 31)], form.ints],
    [[1, 2 ** 31], form.doubles],
    [[1, 'a'], form.coded],
    [[], form.coded],
    [objects(FEWEST_OBJECTS), form.objects],
    [objects(FEWEST_OBJECTS - 1), form.coded],
    [[...objects(FEWEST_OBJECTS), null], form.coded],
  ] as const) {
    t.equal(encodeColumn(values, codecNamed('msgpack'), new Scratch()), expected)
    if (expected > form.bytes && expected !== form.wideText)
      t.equal(
        encodeColumn(values, codecNamed('json'), new Scratch()),
        form.coded,
        'which JSON would write otherwise',
      )
  }
})
