import fc from 'fast-check'
import t from 'tap'
import { Scratch } from '../../src/codec/scratch.js'

const bytesOf = (text: string) => Buffer.from(text, 'latin1')

type Step =
  | { readonly append: Uint8Array }
  | { readonly reserve: number; readonly advance: Uint8Array }
  | { readonly insert: Uint8Array; readonly at: number }
  | { readonly truncate: number }
  | { readonly clear: true }

/** Long enough for some to make it grow, more than once. */
const anyBytes = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.oneof(fc.nat(20), fc.nat(200_000)))
  .map(([byte, length]) => new Uint8Array(length).fill(byte))

/** Shares of what is there, from none of it to all. */
const anyShare = fc.double({ min: 0, max: 1, noNaN: true })

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ append: anyBytes }),
  fc.record({ reserve: fc.nat(1000), advance: anyBytes }),
  fc.record({ insert: anyBytes, at: anyShare }),
  fc.record({ truncate: anyShare }),
  fc.constant({ clear: true as const }),
)

/** Takes a step, and tells what is there afterwards, of what was there before. */
function take(scratch: Scratch, step: Step, before: Buffer): Buffer {
  if ('append' in step) {
    scratch.append(step.append)
    return Buffer.concat([before, step.append])
  }
  if ('advance' in step) {
    scratch.reserve(step.advance.byteLength + step.reserve).set(step.advance, scratch.length)
    scratch.advance(step.advance.byteLength)
    return Buffer.concat([before, step.advance])
  }
  if ('insert' in step) {
    const at = Math.floor(step.at * before.length)
    scratch.insert(at, step.insert)
    return Buffer.concat([before.subarray(0, at), step.insert, before.subarray(at)])
  }
  const kept = 'truncate' in step ? Math.floor(step.truncate * before.length) : 0
  if ('truncate' in step) scratch.truncate(kept)
  else scratch.clear()
  return before.subarray(0, kept)
}

t.test('whatever is appended, inserted and taken back, what is written is exactly that', async () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
      const scratch = new Scratch()
      let expected: Buffer = Buffer.alloc(0)
      for (const step of steps) {
        expected = take(scratch, step, expected)
        if (scratch.length !== expected.length || !scratch.written.equals(expected)) return false
      }
      return true
    }),
    { numRuns: 60 },
  )
})

t.test('of room that is reserved only what is advanced over counts', async (t) => {
  const scratch = new Scratch()
  scratch.append(bytesOf('head'))
  const room = scratch.reserve(10)
  t.ok(room.byteLength >= scratch.length + 10)
  room.write('abcdefghij', scratch.length)
  t.equal(String(scratch.written), 'head')
  scratch.advance(3)
  t.equal(String(scratch.written), 'headabc')
  scratch.append(bytesOf('!'))
  t.equal(String(scratch.written), 'headabc!', 'what follows stands where the rest was')
})

t.test('what was put in before it grew is kept', async (t) => {
  const scratch = new Scratch()
  scratch.append(bytesOf('first'))
  scratch.append(new Uint8Array(2 ** 20).fill(7))
  scratch.insert(5, bytesOf(', '))
  t.equal(String(scratch.written.subarray(0, 7)), 'first, ')
  t.ok(scratch.written.subarray(7).every((byte) => byte === 7))
  t.equal(scratch.length, 7 + 2 ** 20)
})

t.test('its memory is used again, and let go of only when it has become very large', async (t) => {
  const scratch = new Scratch()
  const memoryAfter = (bytes: number) => {
    scratch.append(new Uint8Array(bytes))
    scratch.clear()
    t.equal(scratch.length, 0)
    return scratch.reserve(0).buffer
  }
  const first = memoryAfter(10)
  t.equal(memoryAfter(100_000), first)
  const grown = memoryAfter(2 ** 20)
  t.not(grown, first)
  t.equal(memoryAfter(2 ** 20), grown)
  t.equal(memoryAfter(10), grown, 'also for less')
  t.ok(memoryAfter(2 ** 23).byteLength < 2 ** 20, 'a single giant does not keep its memory')
})
