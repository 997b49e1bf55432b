import fc from 'fast-check'
import t from 'tap'
import type { Batch } from '../../../src/model/batch.js'
import { wholeOf } from '../../../src/model/payload.js'
import { decodeBatch, encodeBatch, encodedLength } from '../../../src/queue/nats/wire.js'

const places = fc.nat(2 ** 50)

const payload = fc.uint8Array({ maxLength: 50 })

const readAt = fc.option(fc.double({ min: 0, max: 2 ** 50, noNaN: true }), { nil: undefined })

const unread: fc.Arbitrary<Batch> = fc.oneof(
  fc.record({ width: fc.integer({ min: 1, max: 2 ** 52 }), payload }),
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

const batches = fc
  .tuple(unread, readAt)
  .map(([batch, readAt]): Batch => ({ ...batch, ...(readAt !== undefined && { readAt }) }))

t.test('a batch comes out of a message as it went in, under the same place', async (t) => {
  fc.assert(
    fc.property(batches, places, (batch, place) => {
      const body = encodeBatch({ batch, place })
      const decoded = decodeBatch(body)
      if ('unreadable' in decoded) return false
      const { batch: copy } = decoded
      return (
        body.byteLength === encodedLength(batch) &&
        decoded.place === place &&
        JSON.stringify(copy, Object.keys(copy).sort()) === JSON.stringify(batch, Object.keys(copy).sort()) &&
        Buffer.compare(wholeOf(copy.payload), wholeOf(batch.payload)) === 0 &&
        String(copy.origins?.deltas) === String(batch.origins?.deltas) &&
        copy.origins?.from === batch.origins?.from
      )
    }),
  )
  t.pass('whatever it has')
})

t.test('a message that was cut short or made up is refused or read, never more', async (t) => {
  fc.assert(
    fc.property(batches, places, fc.nat(48), (batch, place, length) => {
      decodeBatch(encodeBatch({ batch, place }).subarray(0, length))
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 48 }), (noise) => {
      decodeBatch(Uint8Array.of(0x6d, 0x72, 5, ...noise))
    }),
  )
  t.match(decodeBatch(new TextEncoder().encode('hello, is anybody there?')), { unreadable: /begin/ })
  t.match(decodeBatch(new Uint8Array(0)), { unreadable: /begin/ })
})

t.test('a claim of many results takes no memory unless the message is as long', async (t) => {
  const origins = { from: 0, deltas: Uint32Array.of(0, 1) }
  const batch = { width: 2, count: 2, payload: new Uint8Array(0), origins }
  const body = encodeBatch({ batch, place: 0 })
  const view = new DataView(body.buffer)
  view.setBigUint64(4, 2n ** 52n)
  view.setBigUint64(20, 2n ** 52n)
  t.match(decodeBatch(body), { unreadable: /cut short/ })
  view.setUint8(2, 9)
  t.match(decodeBatch(body), { unreadable: /version 9/ })
})

t.test('a place that cannot be counted on from is refused', async (t) => {
  const body = encodeBatch({ batch: { width: 3, count: 3, payload: new Uint8Array(3) }, place: 0 })
  const view = new DataView(body.buffer)
  for (const place of [2n ** 53n - 3n, 2n ** 53n, 2n ** 64n - 1n]) {
    view.setBigUint64(12, place)
    t.match(decodeBatch(body), { unreadable: /place is out of range/ })
  }
  view.setBigUint64(12, 2n ** 53n - 4n)
  t.match(decodeBatch(body), { place: 2 ** 53 - 4, batch: { width: 3 } })
})
