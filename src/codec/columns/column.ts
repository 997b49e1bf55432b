import type { Codec } from '../codec.js'
import { pack, unpack } from '../msgpack.js'
import type { Scratch } from '../scratch.js'
import { decodeBytes, encodeBytes } from './bytes.js'
import { areInts, decodeNumbers, encodeNumbers } from './numbers.js'
import { type Fields, fieldsOf, objectsOf } from './objects.js'
import { decodeText, encodeText } from './text.js'

/**
 * How values are written that belong side by side: those of a batch, or of one field of its objects.
 * By the codec, or as a column of one kind of value, which no codec does faster. Which, is found out
 * for each column by looking at the values.
 *
 * The numbers are in batches, which a NATS server may keep for a later build: who changes one changes
 * the version in `queue/nats/wire.ts`. 254 and 255 are taken, by lines and regions.
 */
export const form = { coded: 0, text: 1, bytes: 2, wideText: 3, ints: 4, doubles: 5, objects: 6 } as const

/** Below these the codec is as fast: the names of fields, and a column for each, cost the same for one object as for a thousand. */
export const FEWEST_OBJECTS = 256

/** Objects in objects are taken apart to this depth; those below are left to the codec. */
const DEEPEST = 3

/** Appends a column and returns its form. Throws what the codec throws for a value that it cannot encode. */
export function encodeColumn(values: readonly unknown[], codec: Codec, scratch: Scratch, depth = 0): number {
  switch (kindOf(values, codec, depth)) {
    case 'string':
      return encodeText(values as readonly string[], scratch) === 'utf8' ? form.text : form.wideText
    case 'bytes':
      encodeBytes(values as readonly Uint8Array[], scratch)
      return form.bytes
    case 'number': {
      const ints = areInts(values as readonly number[])
      encodeNumbers(values as readonly number[], ints ? Int32Array : Float64Array, scratch)
      return ints ? form.ints : form.doubles
    }
    case 'object': {
      const fields = depth < DEEPEST ? fieldsOf(values) : undefined
      if (!fields) break
      encodeObjects(fields, codec, scratch, depth)
      return form.objects
    }
  }
  scratch.append(codec.encode(values))
  return form.coded
}

/** The values share no memory with the bytes. */
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

function encodeObjects({ names, columns }: Fields, codec: Codec, scratch: Scratch, depth: number): void {
  const begin = scratch.length
  const forms: number[] = []
  const lengths: number[] = []
  for (const column of columns) {
    const from = scratch.length
    forms.push(encodeColumn(column, codec, scratch, depth + 1))
    lengths.push(scratch.length - from)
  }
  const head = pack({ names, forms, lengths } satisfies ObjectsHead)
  const length = Buffer.allocUnsafe(LENGTH)
  length.writeUInt32LE(head.byteLength)
  scratch.insert(begin, Buffer.concat([length, head]))
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
