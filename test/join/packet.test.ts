import fc from 'fast-check'
import t from 'tap'
import { decodePacket, encodePacket, type PacketKind, roomIn } from '../../src/join/packet.js'

const kinds: readonly PacketKind[] = ['note', 'life', 'told', 'link', 'stdout', 'stderr']

const packet = fc.record({
  kind: fc.constantFrom(...kinds),
  channel: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  number: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  body: fc.uint8Array({ maxLength: 100 }),
})

t.test('a packet arrives as it was sent', async (t) => {
  fc.assert(
    fc.property(packet, (sent) => {
      const bytes = encodePacket(sent)
      const { body, ...head } = decodePacket(bytes)!
      const { body: sentBody, ...sentHead } = sent
      t.same(head, sentHead)
      t.same([...body], [...sentBody])
      t.equal(roomIn(bytes.byteLength), sentBody.byteLength)
    }),
    { numRuns: 100 },
  )
})

t.test('bytes that are no packet are none, and none throw', async (t) => {
  t.equal(decodePacket(Buffer.from('too short')), undefined)
  t.equal(decodePacket(Buffer.alloc(20, 0xff)), undefined, 'there is no such kind')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      decodePacket(bytes)
    }),
  )
})
