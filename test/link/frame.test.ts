import fc from 'fast-check'
import t from 'tap'
import { encodeFrame, type Frame, FrameReader, LARGEST_FRAME } from '../../src/link/frame.js'
import { type SlotAddress, Stored, wholeOf } from '../../src/model/payload.js'

const frames = fc.array(
  fc.record({
    kind: fc.nat(127),
    header: fc.uint8Array({ maxLength: 60 }),
    payload: fc.uint8Array({ maxLength: 200 }),
  }),
  { maxLength: 12 },
)

t.test('frames come out as they went in, whatever the pieces the bytes arrive in', async (t) => {
  const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(frames, cuts, (sent, sizes) => {
      const bytes = Buffer.concat(
        sent.flatMap(({ kind, header, payload }) => encodeFrame(kind, header, payload)),
      )
      const reader = new FrameReader()
      const got: Frame[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const end = at + sizes[turn % sizes.length]!
        got.push(...reader.push(bytes.subarray(at, end)))
        at = end
      }
      return (
        got.length === sent.length &&
        got.every(
          ({ kind, header, payload }, index) =>
            kind === sent[index]!.kind &&
            Buffer.compare(header, sent[index]!.header) === 0 &&
            Buffer.compare(wholeOf(payload), sent[index]!.payload) === 0,
        )
      )
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('of a payload in shared memory only the address is sent', async (t) => {
  const address = { slot: 70_000, generation: 2 ** 32 - 1, byteLength: 131_072 }
  const bytes = Buffer.concat(
    encodeFrame(3, Buffer.from('head'), new Stored(address, { read: () => Buffer.alloc(0) })),
  )
  t.ok(bytes.length < 40)
  const opened: SlotAddress[] = []
  const reader = new FrameReader((address) => {
    opened.push(address)
    return Buffer.from('what is there')
  })
  t.match(reader.push(bytes), [
    { kind: 3, header: Buffer.from('head'), payload: Buffer.from('what is there') },
  ])
  t.same(opened, [address])
  t.throws(() => new FrameReader().push(bytes), /there is no shared memory/)
})

t.test('a header may be as large as the letters of a whole batch', async (t) => {
  const header = Buffer.alloc(20 * 2 ** 20, 7)
  const [frame] = new FrameReader().push(Buffer.concat(encodeFrame(1, header)))
  t.equal(frame!.header.byteLength, header.byteLength)
})

t.test('a length that no healthy peer sends is refused before anything is taken for it', async (t) => {
  for (const length of [0, 4, LARGEST_FRAME + 1, 0xffffffff]) {
    const head = Buffer.alloc(9)
    head.writeUInt32LE(length)
    t.throws(() => new FrameReader().push(head), { name: 'RangeError', message: /not millrace's/ })
  }
  const [bytes] = encodeFrame(1, Buffer.of(0xc0))
  const lying = Buffer.from(bytes!)
  lying.writeUInt32LE(1000, 5)
  t.throws(() => new FrameReader().push(lying), { name: 'RangeError', message: /header/ })
})
