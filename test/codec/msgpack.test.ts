import t from 'tap'
import { pack, unpack } from '../../src/codec/msgpack.js'

t.test('values are read the same before and after the native part of the library is loaded', async (t) => {
  const value = {
    texts: Array.from(
      { length: 2000 },
      (_, index) => `text ${index}, with an ä in it, and more than a few bytes`,
    ),
    alike: Array.from({ length: 100 }, (_, index) => ({ id: index, name: `name ${index}` })),
    at: new Date(0),
    big: 2n ** 70n,
    map: new Map([['a', new Set([1])]]),
  }
  const bytes = pack(value)
  for (let read = 0; read < 2.5 * 2 ** 20; read += bytes.byteLength) t.same(unpack(bytes), value)
})
