import { MillraceError, messageOf } from '../errors.js'
import type { Line } from '../lines/encode.js'
import { type Ids, idAt } from '../model/ids.js'
import { beginningOf, type Payload, wholeOf } from '../model/payload.js'
import type { Headers, Records } from '../model/record.js'
import type { Region } from '../model/region.js'
import type { Codec } from './codec.js'
import { decodeColumn, encodeColumn } from './columns/column.js'
import { encodeLineRun, LineRun } from './lines.js'
import { pack, unpack } from './msgpack.js'
import { RegionFiles } from './region-files.js'
import { Scratch } from './scratch.js'

/*
 * A batch's payload:
 *
 *  0      1       2        4             8
 *  ┌──────┬───────┬────────┬─────────────┬────────────────────┬────────┐
 *  │ form │ plain │ zero   │ meta length │ meta               │ values │
 *  │ u8   │ u8    │ 2 bytes│ u32 LE      │ ids, keys, headers │        │
 *  └──────┴───────┴────────┴─────────────┴────────────────────┴────────┘
 *
 * `form` says how the values are written: see `columns/column.ts`, and `lines.ts` for values that are
 * lines. Or there are no values, and meta is the region of a file where they stand.
 *
 * Meta is MessagePack; or, if it is `plain` (1), since there is nothing but ids that are numbered one after
 * another, the first number (f64 LE) and what stands before it (UTF-8).
 */
const HEAD = 8
const PLAIN_AT = 1
const PLAIN = 1
const NUMBER = 8

/** Bytes of head and meta that are read at once, where only these are wanted. */
const USUAL_META = 4096

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

const scratch = new Scratch()
const emptyHead = Buffer.alloc(HEAD)

/** Encodes records. Throws `record_not_encodable`, naming the first record that cannot be encoded. */
export const encodeBatch = (records: Records, encoding: Encoding): Uint8Array =>
  Buffer.from(encodeForNow(records, encoding))

/** The same in memory that is used again: what is returned is valid until the next batch is encoded. */
export function encodeForNow(records: Records, encoding: Encoding): Uint8Array {
  scratch.clear()
  scratch.append(emptyHead)
  const plain = appendPlainMeta(records)
  if (!plain) scratch.append(pack(metaOf(records)))
  const metaLength = scratch.length - HEAD
  const form = encodeValues(records, encoding)
  const { written } = scratch
  written[0] = form
  if (plain) written[PLAIN_AT] = PLAIN
  written.writeUInt32LE(metaLength, 4)
  return written
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
  const head = withoutBody(payload)
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
  const head = withoutBody(payload)
  // Lines have none.
  return head[0] === REGION ? undefined : keysOf(metaIn(head), count)
}

/** Opens the file that a batch of {@link encodeRegion} stands in, if it still has its name. */
export function openRegion(payload: Payload, files: Pick<RegionFiles, 'open'>): void {
  const head = withoutBody(payload)
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

const bufferOf = (payload: Payload): Buffer => viewOf(wholeOf(payload))

/** Head and meta of a payload, and maybe some of what is behind: the values, which are most of it, are not looked at. */
function withoutBody(payload: Payload): Buffer {
  const beginning = viewOf(beginningOf(payload, USUAL_META))
  if (beginning.byteLength < HEAD) return beginning
  const length = HEAD + beginning.readUInt32LE(4)
  return length <= beginning.byteLength ? beginning : viewOf(beginningOf(payload, length))
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

function metaIn(head: Buffer): Meta {
  const meta = metaBytesIn(head)
  if (head[PLAIN_AT] !== PLAIN) return unpack(meta) as Meta
  return { f: meta.readDoubleLE(), p: meta.toString('utf8', NUMBER) }
}

const regionIn = (head: Buffer) => unpack(metaBytesIn(head)) as Region

const metaBytesIn = (head: Buffer): Buffer => head.subarray(HEAD, bodyStart(head))

const bodyIn = (head: Buffer): Buffer => head.subarray(bodyStart(head))

function bodyStart(head: Buffer): number {
  if (head.byteLength < HEAD) throw new RangeError('a batch is shorter than its head')
  const metaLength = head.readUInt32LE(4)
  if (metaLength > head.byteLength - HEAD) throw new RangeError('a batch is shorter than its head says')
  return HEAD + metaLength
}

function encodeValues(records: Records, codec: Encoding): number {
  if (codec === 'lines') {
    encodeLineRun(records.values as readonly Line[], scratch)
    return LINES
  }
  try {
    return encodeColumn(records.values, codec, scratch)
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

/** Says whether that is all there is to say of the records beside their values. */
function appendPlainMeta({ ids, keys, headers }: Records): boolean {
  if (!('first' in ids) || keys || headers) return false
  const length = NUMBER + Buffer.byteLength(ids.prefix)
  const bytes = scratch.reserve(length)
  const at = bytes.writeDoubleLE(ids.first, scratch.length)
  bytes.write(ids.prefix, at)
  scratch.advance(length)
  return true
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
