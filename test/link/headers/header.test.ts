import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { decodeHeader, encodeHeader } from '../../../src/link/headers/header.js'
import type { Kind, Messages } from '../../../src/link/messages.js'

const number = fc.oneof(
  fc.nat(),
  fc.double({ min: 0, max: 2 ** 53, noNaN: true }).map((value) => value + 0),
)
const numbers = fc.array(number, { maxLength: 8 })
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const bytes = fc.uint8Array({ maxLength: 20 }).map((value) => Buffer.from(value))
const amount = { records: number, bytes: number }
const lent = { from: number, count: number, skip: number, total: number, bytes: number }

/** Of a record of arbitraries, those that may be missing. */
function body(
  present: Record<string, fc.Arbitrary<unknown>>,
  optional: Record<string, fc.Arbitrary<unknown>> = {},
) {
  return fc.record({ ...present, ...optional }, { requiredKeys: Object.keys(present), noNullPrototype: true })
}

const activity = body(
  { handled: number, busy: number, window: number },
  {
    times: body({ buckets: numbers, sum: number }),
    slowest: body({ id: text, ms: number, records: number }),
  },
)
const failure = body(
  { place: number, id: text, name: text, message: text },
  { stack: text, final: fc.constant(true) },
)

/** Every kind of message, and what its body may be. */
const bodies: { readonly [K in Kind]: fc.Arbitrary<unknown> } = {
  batch: body(
    { count: number, position: text },
    {
      bytes: number,
      progress: fc.oneof(body({ fraction: number }, { lag: number }), body({ lag: number })),
      sourceKind: fc.constantFrom('positioned', 'counted', 'live'),
    },
  ),
  refused: body({ id: text, code: text, reason: text, position: text }),
  skipped: body({ count: number, position: text }),
  end: body({}),
  commit: body({ position: text, settledBeyond: numbers }),
  committed: body({}),
  slots: body({ granted: numbers }),
  credit: body({ ...amount, target: number }),
  lend: body({ ...lent, attempt: number, room: body(amount) }, { careful: fc.constant(true) }),
  room: body(amount),
  ready: body(amount, { state: text }),
  begin: body({ place: number }),
  overdue: body({ places: numbers }),
  report: body(
    { done: numbers, dropped: number, results: number, from: number, credit: body(amount), activity },
    { deltas: bytes, failures: fc.array(failure, { maxLength: 3 }), returned: numbers },
  ),
  need: body(amount),
  results: body(lent),
  confirm: body(
    { done: numbers, credit: body(amount), activity },
    {
      rejected: fc.array(body({ place: number, reason: text, id: text, value: bytes }), { maxLength: 2 }),
      state: text,
    },
  ),
  sync: body({}),
  mark: body({}, { state: text }),
  synced: body({}),
}

for (const [kind, arbitrary] of Object.entries(bodies) as [Kind, fc.Arbitrary<Messages[Kind]>][]) {
  t.test(`a message of the kind ${kind} arrives as it left, and not cut short`, async (t) => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (sent, cut) => {
        const encoded = Buffer.from(encodeHeader(kind, sent))
        return (
          isDeepStrictEqual(decodeHeader(kind, encoded), sent) &&
          !isDeepStrictEqual(decodedIfSound(kind, encoded.subarray(0, cut % encoded.length)), sent)
        )
      }),
      { numRuns: 100 },
    )
    t.pass()
  })
}

function decodedIfSound(kind: Kind, bytes: Uint8Array): unknown {
  try {
    return decodeHeader(kind, bytes)
  } catch {
    return undefined
  }
}
