import { MillraceError, messageOf } from '../errors.js'
import type { Line } from '../lines/encode.js'
import { type Ids, idAt } from '../model/ids.js'
import { type Payload, wholeOf } from '../model/payload.js'
import type { Headers, Records } from '../model/record.js'
import type { Region } from '../model/region.js'
import type { Codec } from './codec.js'
import { type Column, decodeColumn, encodeColumn } from './columns/column.js'
import { encodeLineRun, LineRun } from './lines.js'
import { pack, unpack } from './msgpack.js'
import { RegionFiles } from './region-files.js'

/*
 * A batch's payload:
 *
 *  0      1          4             8
 *  ┌──────┬──────────┬─────────────┬────────────────────┬────────┐
 *  │ form │ zero     │ meta length │ meta (MessagePack) │ values │
 *  │ u8   │ 3 bytes  │ u32 LE      │ ids, keys, headers │        │
 *  └──────┴──────────┴─────────────┴────────────────────┴────────┘
 *
 * `form` says how the values are written: see `columns/column.ts`, and `lines.ts` for values that are
 * lines. Or there are no values, and meta is the region of a file where they stand.
 */
const HEAD = 8
const LINES = 0xfe
const REGION = 0xff

/** How the values of a batch are written: as what they are, by a codec; or as `Line`s, which is what all of them are. */
export type Encoding = Codec | 'lines'

interface Meta {
  readonly p?: string
  readonly f?: number
  readonly n?: Uint8Array
  readonly l?: readonly string[]
  readonly k?: Records['keys']
  readonly h?: Records['headers']
}

/** Encodes records. Throws `record_not_encodable`, naming the first record that cannot be encoded. */
export function encodeBatch(records: Records, encoding: Encoding): Uint8Array {
  const { form, bytes } = encodeValues(records, encoding)
  const meta = pack(metaOf(records))
  const payload = Buffer.allocUnsafe(HEAD + meta.byteLength + bytes.byteLength)
  payload.writeUInt32LE(form, 0)
  payload.writeUInt32LE(meta.byteLength, 4)
  payload.set(meta, HEAD)
  payload.set(bytes, HEAD + meta.byteLength)
  return payload
}

/** Encodes where records stand, instead of records. */
export function encodeRegion(region: Region): Uint8Array {
  const meta = pack(region)
  const payload = Buffer.alloc(HEAD + meta.byteLength)
  payload.writeUInt32LE(REGION, 0)
  payload.writeUInt32LE(meta.byteLength, 4)
  payload.set(meta, HEAD)
  return payload
}

/**
 * Decodes what {@link encodeBatch} or {@link encodeRegion} made. `count` comes with the batch, and is
 * checked against it.
 *
 * @param files for whoever may be given regions
 */
export function decodeBatch(
  payload: Payload,
  count: number,
  codec: Codec,
  files?: Pick<RegionFiles, 'read'>,
): Records {
  const head = bufferOf(payload)
  return head[0] === REGION ? readRegion(regionIn(head), count, files) : recordsIn(head, count, codec)
}

/** Decodes results: as what they are, or the lines that a worker has made of them. */
export function decodeResults(payload: Payload, count: number, codec: Codec): Records | LineRun {
  const head = bufferOf(payload)
  return head[0] === LINES ? new LineRun(bodyIn(head), count) : recordsIn(head, count, codec)
}

function recordsIn(head: Buffer, count: number, codec: Codec): Records {
  const meta = metaIn(head)
  return {
    values: decodeColumn(head[0]!, bodyIn(head), count, codec),
    ids: idsOf(meta, count),
    ...(meta.k && { keys: meta.k }),
    ...(meta.h && { headers: meta.h }),
  }
}

/** The id of the record at `index`, without its value. */
export function decodeId(payload: Payload, count: number, index: number): string {
  const head = bufferOf(payload)
  if (head[0] === REGION) return idInRegion(regionIn(head), count, index)
  return idAt(idsOf(metaIn(head), count), index)
}

function idInRegion(region: Region, count: number, index: number): string {
  const first = `${region.prefix}${region.from}`
  if (index === 0) return first
  try {
    return idAt(readRegion(region, count).ids, index)
  } catch {
    // The file is gone, which somebody else will say who cannot do without it.
    return `${first} + ${index} lines`
  }
}

/** The keys of a batch, without its values; undefined when no record has one. */
export function decodeKeys(payload: Payload, count: number): Records['keys'] {
  const head = bufferOf(payload)
  // Lines have none.
  return head[0] === REGION ? undefined : keysOf(metaIn(head), count)
}

/** Opens the file that a batch of {@link encodeRegion} stands in, if it still has its name. */
export function openRegion(payload: Payload, files: Pick<RegionFiles, 'open'>): void {
  const head = bufferOf(payload)
  if (head[0] === REGION) files.open(regionIn(head))
}

function readRegion(region: Region, count: number, files?: Pick<RegionFiles, 'read'>): Records {
  if (files) return files.read(region, count)
  const once = new RegionFiles()
  try {
    return once.read(region, count)
  } finally {
    once.close()
  }
}

function bufferOf(payload: Payload): Buffer {
  const { buffer, byteOffset, byteLength } = wholeOf(payload)
  return Buffer.from(buffer, byteOffset, byteLength)
}

const metaIn = (head: Buffer) => headIn(head) as Meta

const regionIn = (head: Buffer) => headIn(head) as Region

const headIn = (head: Buffer): unknown => unpack(head.subarray(HEAD, bodyStart(head)))

const bodyIn = (head: Buffer): Buffer => head.subarray(bodyStart(head))

function bodyStart(head: Buffer): number {
  if (head.byteLength < HEAD) throw new RangeError('a batch is shorter than its head')
  const metaLength = head.readUInt32LE(4)
  if (metaLength > head.byteLength - HEAD) throw new RangeError('a batch is shorter than its head says')
  return HEAD + metaLength
}

function encodeValues(records: Records, codec: Encoding): Column {
  if (codec === 'lines') return { form: LINES, bytes: encodeLineRun(records.values as readonly Line[]) }
  try {
    return encodeColumn(records.values, codec)
  } catch (whole) {
    for (let i = 0; i < records.values.length; i++) {
      try {
        codec.encode([records.values[i]])
      } catch (cause) {
        throw new NotEncodable(i, idAt(records.ids, i), cause)
      }
    }
    throw whole
  }
}

/** One value of a batch cannot be encoded; the others can. */
export class NotEncodable extends MillraceError {
  /** Which one, by its index in the batch. */
  readonly index: number

  constructor(index: number, id: string, cause: unknown) {
    super('record_not_encodable', `the value of ${id} cannot be encoded: ${messageOf(cause)}`, { cause })
    this.index = index
  }
}

function metaOf({ ids, keys, headers }: Records): Meta {
  return {
    ...('list' in ids
      ? { l: ids.list }
      : 'first' in ids
        ? { p: ids.prefix, f: ids.first }
        : { p: ids.prefix, n: bytesOfNumbers(ids.numbers) }),
    ...(keys && { k: keys }),
    ...(headers && { h: headers as readonly (Headers | undefined)[] }),
  }
}

function bytesOfNumbers(numbers: ArrayLike<number>): Uint8Array {
  const column = new Float64Array(numbers.length)
  for (let i = 0; i < column.length; i++) column[i] = numbers[i]!
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength)
}

function idsOf(meta: Meta, count: number): Ids {
  if (meta.l) {
    if (!Array.isArray(meta.l) || meta.l.length !== count) throw wrongIds(count)
    return { list: meta.l }
  }
  const prefix = meta.p ?? ''
  if (meta.n) {
    const wanted = count * Float64Array.BYTES_PER_ELEMENT
    if (!(meta.n instanceof Uint8Array) || meta.n.byteLength !== wanted) throw wrongIds(count)
    const numbers = new Float64Array(count)
    Buffer.from(numbers.buffer).set(meta.n)
    return { prefix, numbers }
  }
  return { prefix, first: meta.f ?? 0 }
}

function keysOf({ k: keys }: Meta, count: number): Records['keys'] {
  if (keys === undefined) return undefined
  if (!Array.isArray(keys) || keys.length !== count || !keys.every(isKey)) {
    throw new RangeError(`a batch of ${count} does not have as many keys`)
  }
  return keys.some((key) => key !== undefined) ? keys : undefined
}

const isKey = (key: unknown) => key === undefined || typeof key === 'string'

const wrongIds = (count: number) => new RangeError(`a batch of ${count} does not have as many ids`)
