import fc from 'fast-check'
import t from 'tap'
import { amountOf, type Batch, bytesOf, countOf, cut, type Piece } from '../../src/model/batch.js'

const wholeOf = (batch: Batch): Piece => ({ batch, from: 40, to: 40 + batch.width, skip: 0 })

t.test('the pieces of a batch, however it is cut, add up to exactly its records and bytes', async (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.nat(500),
      fc.infiniteStream(fc.nat()),
      (width, bytes, at) => {
        const parts = [wholeOf({ width, count: width, payload: new Uint8Array(bytes) })]
        for (let cuts = 0; cuts < 10; cuts++) {
          const [piece] = parts.splice(at.next().value % parts.length, 1)
          const middle = piece!.from + (at.next().value % (piece!.to - piece!.from))
          if (middle > piece!.from) parts.push(cut(piece!, piece!.from, middle))
          parts.push(cut(piece!, middle, piece!.to))
        }
        const sum = (of: (piece: Piece) => number) => parts.reduce((total, piece) => total + of(piece), 0)
        return (
          sum(bytesOf) === bytes &&
          sum((piece) => countOf(piece)!) === width &&
          parts.every(({ from, skip }) => from - 40 === skip) &&
          parts.every((piece) => bytesOf(piece) >= 0)
        )
      },
    ),
  )
  t.pass()
})

t.test('a byte range that nobody has read counts as one record of all its bytes', async (t) => {
  const piece = wholeOf({ width: 65_536, payload: new Uint8Array(24) })
  t.equal(countOf(piece), undefined)
  t.same(amountOf(piece), { records: 1, bytes: 24 })
})
