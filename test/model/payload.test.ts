import t from 'tap'
import { beginningOf, Pieces, piecesOf, Stored, wholeOf } from '../../src/model/payload.js'

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

t.test('the beginning of a payload is had without the rest', async (t) => {
  const bytes = Uint8Array.of(1, 2, 3, 4)
  const asked: (number | undefined)[] = []
  const stored = new Stored(
    { slot: 0, generation: 1, byteLength: 4 },
    {
      read: (_, most) => {
        asked.push(most)
        return bytes.subarray(0, most)
      },
    },
  )
  const inPieces = new Pieces([bytes.subarray(0, 2), bytes.subarray(2)])
  for (const payload of [bytes, inPieces, stored]) {
    t.same([...beginningOf(payload, 2)], [1, 2])
    t.same([...beginningOf(payload, 3)], [1, 2, 3])
    t.same([...beginningOf(payload, 9)], [1, 2, 3, 4], 'all there is')
  }
  t.same(asked, [2, 3, 9], 'what stands in shared memory is read as far as it is wanted')
  t.equal(beginningOf(new Pieces([]), 2).byteLength, 0)
})
