import fc from 'fast-check'
import t from 'tap'
import type { Batch } from '../../../src/model/batch.js'
import { decodeBatch, encodeBatch, encodedLength } from '../../../src/queue/nats/wire.js'

const payload = fc.uint8Array({ maxLength: 50 })

const batches: fc.Arbitrary<Batch> = fc.oneof(
  fc.record({ width: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), payload }),
  fc
    .integer({ min: 1, max: 1000 })
    .chain((n) => fc.record({ width: fc.constant(n), count: fc.constant(n), payload })),
  fc
    .tuple(
      fc.array(fc.nat(0xffffffff), { minLength: 1, maxLength: 20 }),
      fc.nat(Number.MAX_SAFE_INTEGER),
      payload,
    )
    .map(([deltas, from, payload]) => ({
      width: deltas.length,
      count: deltas.length,
      payload,
      origins: { from, deltas: Uint32Array.from(deltas) },
    })),
  fc.record({
    width: fc.constant(3),
    count: fc.constant(3),
    payload,
    origins: fc.record({ from: fc.nat() }),
  }),
)

t.test('a batch comes out of a message as it went in', async (t) => {
  fc.assert(
    fc.property(batches, (batch) => {
      const body = encodeBatch(batch)
      const copy = decodeBatch(body)
      return (
        body.byteLength === encodedLength(batch) &&
        JSON.stringify(copy, Object.keys(copy).sort()) === JSON.stringify(batch, Object.keys(copy).sort()) &&
        !('unreadable' in copy) &&
        Buffer.from(copy.payload).equals(batch.payload) &&
        String(copy.origins?.deltas) === String(batch.origins?.deltas) &&
        copy.origins?.from === batch.origins?.from
      )
    }),
  )
  t.pass('whatever it has')
})

t.test('a message that was cut short or made up is refused or read, never more', async (t) => {
  fc.assert(
    fc.property(batches, fc.nat(40), (batch, length) => {
      decodeBatch(encodeBatch(batch).subarray(0, length))
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
      decodeBatch(Uint8Array.of(0x6d, 0x72, 1, ...noise))
    }),
  )
  t.match(decodeBatch(new TextEncoder().encode('hello, is anybody there?')), { unreadable: /begin/ })
  t.match(decodeBatch(new Uint8Array(0)), { unreadable: /begin/ })
})

t.test('a claim of many results takes no memory unless the message is as long', async (t) => {
  const body = encodeBatch({
    width: 2,
    count: 2,
    payload: new Uint8Array(0),
    origins: { from: 0, deltas: Uint32Array.of(0, 1) },
  })
  const view = new DataView(body.buffer)
  view.setBigUint64(4, 2n ** 52n)
  view.setBigUint64(12, 2n ** 52n)
  t.match(decodeBatch(body), { unreadable: /cut short/ })
  view.setUint8(2, 9)
  t.match(decodeBatch(body), { unreadable: /version 9/ })
})
