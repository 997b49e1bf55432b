import { pack, unpack } from '../../codec/msgpack.js'
import type { Amount } from '../../model/amount.js'
import type { SourceKind } from '../../model/source.js'
import type { Activity, Failure, Kind, Lent, Messages, Slow } from '../messages.js'
import { FieldReader, FieldWriter } from './fields.js'

/** How the body of one kind of message is written, and read. */
interface HeaderFormat<Body> {
  write(body: Body, to: FieldWriter): void
  read(from: FieldReader): Body
}

type Formats = { readonly [K in Kind]?: HeaderFormat<Messages[K]> }

const kindsOfSource: readonly SourceKind[] = ['positioned', 'counted', 'live']

const batch: HeaderFormat<Messages['batch']> = {
  write({ count, bytes, position, progress, sourceKind }, to) {
    to.number(count)
    to.optionalNumber(bytes)
    to.text(position)
    to.optionalNumber(progress?.fraction)
    to.optionalNumber(progress?.lag)
    to.optionalNumber(sourceKind && kindsOfSource.indexOf(sourceKind))
  },
  read(from) {
    const count = from.number()
    const bytes = from.optionalNumber()
    const position = from.text()!
    const fraction = from.optionalNumber()
    const lag = from.optionalNumber()
    const kind = from.optionalNumber()
    return {
      count,
      position,
      ...(bytes !== undefined && { bytes }),
      ...((fraction !== undefined || lag !== undefined) && {
        progress: { ...(fraction !== undefined && { fraction }), ...(lag !== undefined && { lag }) },
      }),
      ...(kind !== undefined && { sourceKind: kindsOfSource[kind]! }),
    }
  },
}

const credit: HeaderFormat<Messages['credit']> = {
  write(body, to) {
    writeAmount(body, to)
    to.number(body.target)
  },
  read(from) {
    const { records, bytes } = readAmount(from)
    return { records, bytes, target: from.number() }
  },
}

const lend: HeaderFormat<Messages['lend']> = {
  write(body, to) {
    writeLent(body, to)
    to.number(body.attempt)
    writeAmount(body.room, to)
    to.number(body.careful ? 1 : 0)
  },
  read(from) {
    const { from: place, count, skip, total, bytes } = readLent(from)
    const lent = { from: place, count, skip, total, bytes, attempt: from.number(), room: readAmount(from) }
    return from.number() === 1 ? { ...lent, careful: true } : lent
  },
}

const amount: HeaderFormat<Amount> = { write: writeAmount, read: readAmount }

const ready: HeaderFormat<Messages['ready']> = {
  write(body, to) {
    writeAmount(body, to)
    to.text(body.state)
  },
  read(from) {
    const { records, bytes } = readAmount(from)
    const state = from.text()
    return { records, bytes, ...(state !== undefined && { state }) }
  },
}

const report: HeaderFormat<Messages['report']> = {
  write({ done, dropped, results, from, deltas, failures, returned, credit, activity }, to) {
    to.numbers(done)
    to.number(dropped)
    to.number(results)
    to.number(from)
    to.bytes(deltas)
    to.rest(failures)
    to.numbers(returned)
    writeAmount(credit, to)
    writeActivity(activity, to)
  },
  read(from) {
    const done = from.numbers()!
    const dropped = from.number()
    const results = from.number()
    const place = from.number()
    const deltas = from.bytes()
    const failures = from.rest() as readonly Failure[] | undefined
    const returned = from.numbers()
    return {
      ...{ done, dropped, results, from: place, credit: readAmount(from), activity: readActivity(from) },
      ...(deltas && { deltas }),
      ...(failures && { failures }),
      ...(returned && { returned }),
    }
  },
}

const results: HeaderFormat<Messages['results']> = { write: writeLent, read: readLent }

const confirm: HeaderFormat<Messages['confirm']> = {
  write({ done, rejected, state, credit, activity }, to) {
    to.numbers(done)
    to.rest(rejected)
    to.text(state)
    writeAmount(credit, to)
    writeActivity(activity, to)
  },
  read(from) {
    const done = from.numbers()!
    const rejected = from.rest() as Messages['confirm']['rejected']
    const state = from.text()
    return {
      ...{ done, credit: readAmount(from), activity: readActivity(from) },
      ...(rejected && { rejected }),
      ...(state !== undefined && { state }),
    }
  },
}

/** Those that go to and fro with every batch. */
const formats: Formats = { batch, credit, lend, room: amount, ready, report, need: amount, results, confirm }

const writer = new FieldWriter()

/**
 * The body of a message as bytes, valid until the next is encoded. Those that go with every batch are
 * written field by field; the others, which are rare, as MessagePack.
 */
export function encodeHeader<K extends Kind>(kind: K, body: Messages[K]): Uint8Array {
  const format: HeaderFormat<Messages[K]> | undefined = formats[kind]
  if (!format) return pack(body)
  format.write(body, writer.begin())
  return writer.written
}

/** Throws when the bytes are not what {@link encodeHeader} made. */
export function decodeHeader<K extends Kind>(kind: K, bytes: Uint8Array): Messages[K] {
  const format: HeaderFormat<Messages[K]> | undefined = formats[kind]
  return format ? format.read(new FieldReader(bytes)) : (unpack(bytes) as Messages[K])
}

function writeAmount({ records, bytes }: Amount, to: FieldWriter): void {
  to.number(records)
  to.number(bytes)
}

function readAmount(from: FieldReader): Amount {
  const records = from.number()
  return { records, bytes: from.number() }
}

function writeLent({ from, count, skip, total, bytes }: Lent, to: FieldWriter): void {
  to.number(from)
  to.number(count)
  to.number(skip)
  to.number(total)
  to.number(bytes)
}

function readLent(from: FieldReader): Lent {
  const place = from.number()
  const count = from.number()
  const skip = from.number()
  const total = from.number()
  return { from: place, count, skip, total, bytes: from.number() }
}

function writeActivity({ handled, busy, window, times, slowest }: Activity, to: FieldWriter): void {
  to.number(handled)
  to.number(busy)
  to.number(window)
  to.numbers(times?.buckets)
  to.optionalNumber(times?.sum)
  to.rest(slowest)
}

function readActivity(from: FieldReader): Activity {
  const handled = from.number()
  const busy = from.number()
  const window = from.number()
  const buckets = from.numbers()
  const sum = from.optionalNumber()
  const slowest = from.rest() as Slow | undefined
  return {
    ...{ handled, busy, window },
    ...(buckets && { times: { buckets, sum: sum ?? 0 } }),
    ...(slowest && { slowest }),
  }
}
