import fc from 'fast-check'
import { FEWEST_OBJECTS } from '../../src/codec/columns/column.js'

const keys = fc.oneof(
  fc.string().filter((key) => key !== '__proto__'),
  fc.constantFrom('constructor', 'toString', 'hasOwnProperty', '', 'a b', '1', '"', 'then', 'length'),
)

/** Numbers but -0, whose sign MessagePack does not keep. */
const numbers = fc.oneof(fc.integer(), fc.double()).map((number) => (number === 0 ? 0 : number))

const leaves = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  numbers,
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }).map(beyondDoubles),
  fc.date({ noInvalidDate: true, min: new Date(-1e12), max: new Date(1e13) }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
)

const columns: readonly fc.Arbitrary<unknown>[] = [
  fc.string({ unit: 'grapheme' }),
  fc.string(),
  fc.integer(),
  numbers,
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 40 }),
  fc.record({ x: fc.integer(), y: fc.string({ unit: 'grapheme' }) }, { noNullPrototype: true }),
  fc.option(fc.integer()),
]

/** A small integer comes back as a number: MessagePack has one kind of integer. */
function beyondDoubles(big: bigint): bigint {
  const inDoubles = big >= BigInt(Number.MIN_SAFE_INTEGER) && big <= BigInt(Number.MAX_SAFE_INTEGER)
  return inDoubles ? big + 2n ** 60n : big
}

/** Anything that codec `msgpack` promises to give back as it was. */
export const anyValues = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaves,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => new Set(items)),
  ),
})).value

const bytes = fc.uint8Array({ maxLength: 40 })

/** So many that they may become columns; no more are made than is needed to see that they arrive. */
const enough = (objects: readonly unknown[]): unknown[] =>
  Array.from({ length: FEWEST_OBJECTS + objects.length }, (_, index) => objects[index % objects.length])

/** Objects that all have the same fields, with values of any kind; now and then one that has others. */
export const alikeObjects = fc
  .uniqueArray(keys, { minLength: 1, maxLength: 6 })
  .chain((names) => {
    const values = fc.oneof({ weight: 9, arbitrary: anyValues }, { weight: 1, arbitrary: bytes })
    const object = fc.tuple(...names.map(() => values)).map((values) => objectOf(names, values))
    return fc.array(fc.oneof({ weight: 30, arbitrary: object }, { weight: 1, arbitrary: anyValues }), {
      minLength: 1,
      maxLength: 20,
    })
  })
  .map(enough)

/** The same, of which each field has one kind of value. */
export const tables = fc
  .uniqueArray(keys, { minLength: 1, maxLength: 6 })
  .chain((names) =>
    fc.tuple(...names.map(() => fc.constantFrom(...columns))).chain((kinds) =>
      fc.array(
        fc.tuple(...(kinds as fc.Arbitrary<unknown>[])).map((values) => objectOf(names, values)),
        { minLength: 1, maxLength: 20 },
      ),
    ),
  )
  .map(enough)

const objectOf = (names: readonly string[], values: readonly unknown[]) =>
  Object.fromEntries(names.map((name, index) => [name, values[index]]))

/** Strings of any UTF-16 units, halves of surrogate pairs among them. */
export const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\ud800', '\udc00', '\udfff', 'é', '😀', '\ufeff', '\0', '\n'),
    fc.string({ maxLength: 1 }),
  ),
})
