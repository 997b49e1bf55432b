import type { Codec } from '../codec.js'
import { pack, unpack } from '../msgpack.js'
import { decodeBytes, encodeBytes } from './bytes.js'
import { areInts, decodeNumbers, encodeNumbers } from './numbers.js'
import { fieldsOf, objectsOf } from './objects.js'
import { decodeText, encodeText, isWellFormed, joinedText } from './text.js'

/**
 * How values are written that belong side by side: those of a batch, or of one field of its objects.
 * By the codec, or as a column of one kind of value, which no codec does faster. Which, is found out
 * for each column by looking at the values.
 *
 * The numbers are in batches, which a NATS server may keep for a later build: who changes one changes
 * the version in `queue/nats/wire.ts`. 254 and 255 are taken, by lines and regions.
 */
export const form = { coded: 0, text: 1, bytes: 2, wideText: 3, ints: 4, doubles: 5, objects: 6 } as const

export interface Column {
  readonly form: number
  readonly bytes: Uint8Array
}

/** Below these the codec is as fast: the names of fields, and a column for each, cost the same for one object as for a thousand. */
export const FEWEST_OBJECTS = 256

/** Objects in objects are taken apart to this depth; those below are left to the codec. */
const DEEPEST = 3

/** Throws what the codec throws for a value that it cannot encode. */
export function encodeColumn(values: readonly unknown[], codec: Codec, depth = 0): Column {
  const coded = () => ({ form: form.coded, bytes: codec.encode(values) })
  switch (kindOf(values, codec, depth)) {
    case 'string': {
      const pieces = joinedText(values as readonly string[])
      const wellFormed = isWellFormed(pieces)
      return {
        form: wellFormed ? form.text : form.wideText,
        bytes: encodeText(values as readonly string[], pieces, wellFormed ? 'utf8' : 'utf16le'),
      }
    }
    case 'bytes':
      return { form: form.bytes, bytes: encodeBytes(values as readonly Uint8Array[]) }
    case 'number': {
      const ints = areInts(values as readonly number[])
      const bytes = encodeNumbers(values as readonly number[], ints ? Int32Array : Float64Array)
      return { form: ints ? form.ints : form.doubles, bytes }
    }
    case 'object':
      return (depth < DEEPEST && encodeObjects(values, codec, depth)) || coded()
    default:
      return coded()
  }
}

export function decodeColumn(which: number, bytes: Uint8Array, count: number, codec: Codec): unknown[] {
  switch (which) {
    case form.text:
      return decodeText(bytes, count, 'utf8')
    case form.wideText:
      return decodeText(bytes, count, 'utf16le')
    case form.bytes:
      return decodeBytes(bytes, count)
    case form.ints:
      return decodeNumbers(bytes, count, Int32Array)
    case form.doubles:
      return decodeNumbers(bytes, count, Float64Array)
    case form.objects:
      return decodeObjects(bytes, count, codec)
    default:
      return decodeCoded(bytes, count, codec)
  }
}

/** What all of the values are, if there is a column for that. */
function kindOf(
  values: readonly unknown[],
  codec: Codec,
  depth: number,
): 'string' | 'bytes' | 'number' | 'object' | undefined {
  const [first] = values
  if (first instanceof Uint8Array) {
    // Records that are bytes arrive as buffers; fields arrive as what they were.
    const fit = (value: unknown) => (depth === 0 ? value instanceof Uint8Array : Buffer.isBuffer(value))
    return values.every(fit) ? 'bytes' : undefined
  }
  const type = typeof first
  if (type === 'object') return codec.exact && values.length >= FEWEST_OBJECTS ? 'object' : undefined
  if (type !== 'string' && !(type === 'number' && codec.exact)) return undefined
  for (let i = 1; i < values.length; i++) if (typeof values[i] !== type) return undefined
  return type
}

/*
 * A column of objects is a column for each of their fields:
 *
 *  0             4
 *  ┌─────────────┬────────────────────────────────────────┬─────────────────┐
 *  │ head length │ head (MessagePack): names, and of each │ column, column… │
 *  │ u32 LE      │ field the form and the length in bytes │                 │
 *  └─────────────┴────────────────────────────────────────┴─────────────────┘
 */
interface ObjectsHead {
  readonly names: readonly string[]
  readonly forms: readonly number[]
  readonly lengths: readonly number[]
}

const LENGTH = 4

function encodeObjects(values: readonly unknown[], codec: Codec, depth: number): Column | undefined {
  const fields = fieldsOf(values)
  if (!fields) return undefined
  const columns = fields.columns.map((column) => encodeColumn(column, codec, depth + 1))
  const head = pack({
    names: fields.names,
    forms: columns.map(({ form }) => form),
    lengths: columns.map(({ bytes }) => bytes.byteLength),
  } satisfies ObjectsHead)
  const length = Buffer.allocUnsafe(LENGTH)
  length.writeUInt32LE(head.byteLength)
  return { form: form.objects, bytes: Buffer.concat([length, head, ...columns.map(({ bytes }) => bytes)]) }
}

function decodeObjects(bytes: Uint8Array, count: number, codec: Codec): unknown[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = LENGTH + buffer.readUInt32LE(0)
  const { names, forms, lengths } = headIn(buffer.subarray(LENGTH, start))
  let at = start
  const columns = names.map((_, field) => {
    const from = at
    at += lengths[field]!
    return decodeColumn(forms[field]!, buffer.subarray(from, at), count, codec)
  })
  if (at !== buffer.byteLength) throw new RangeError('the columns of a batch do not match their lengths')
  return objectsOf({ names, columns }, count)
}

function headIn(bytes: Uint8Array): ObjectsHead {
  const head = unpack(bytes) as Partial<ObjectsHead> | null | undefined
  const { names, forms, lengths } = head ?? {}
  const sound =
    Array.isArray(names) &&
    names.length > 0 &&
    names.every((name) => typeof name === 'string') &&
    Array.isArray(forms) &&
    forms.length === names.length &&
    Array.isArray(lengths) &&
    lengths.length === names.length &&
    lengths.every((length) => Number.isInteger(length) && length >= 0)
  if (!sound) throw new RangeError('the head of a column of objects makes no sense')
  return { names, forms, lengths }
}

function decodeCoded(bytes: Uint8Array, count: number, codec: Codec): unknown[] {
  const values = codec.decode(bytes)
  if (!Array.isArray(values) || values.length !== count) {
    throw new RangeError(`a batch of ${count} does not have as many values`)
  }
  return values
}
