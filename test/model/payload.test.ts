import t from 'tap'
import { Pieces, piecesOf, wholeOf } from '../../src/model/payload.js'

t.test(
  'bytes in several pieces are as long as all of them, and the same when they are put together',
  async (t) => {
    const pieces = new Pieces([Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)])
    t.equal(pieces.byteLength, 3)
    t.same([...wholeOf(pieces)], [1, 2, 3])
    t.equal(piecesOf(pieces).length, 3)
  },
)

t.test('bytes in one piece are not copied', async (t) => {
  const bytes = Uint8Array.of(1, 2)
  t.equal(wholeOf(bytes), bytes)
  t.equal(piecesOf(bytes)[0], bytes)
})
