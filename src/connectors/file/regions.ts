import { type LineReading, recordsOf } from '../../lines/records.js'
import { scanLines } from '../../lines/scan.js'
import { LineSplitter } from '../../lines/splitter.js'
import type { Region } from '../../model/region.js'
import type { SourceBatch } from '../../model/source.js'

/** Bytes that are looked at at once; a line that does not fit makes it more, for as long as it is there. */
const CHUNK = 256 * 1024

/** Bytes that are read when not even as many are wanted. */
const FEW_BYTES = 16 * 1024

/** Bytes of a line, until some were seen. */
const USUAL_LINE = 128

export interface RegionsParts<Position> {
  /** Where in the file the first line begins. */
  readonly from: number
  readonly reading: LineReading<Position>
  /** What every region has in common. */
  readonly file: Pick<Region, 'path' | 'inode' | 'format' | 'prefix'>
  /** Fills the beginning of `into` with what stands at `at`; says how many bytes that are, 0 at the end. */
  read(into: Buffer, at: number): Promise<number>
  /** Bytes that are looked at at once. Default: 256 KiB. */
  readonly chunk?: number
}

/**
 * The lines of a file as regions of about as many lines as are wanted. What is read here is only
 * looked through for line ends: whoever works on a region reads it again.
 *
 * Counting the lines is what keeps every record's place in the stream exact, and with it order,
 * credit, rate and checkpoints; it costs some 20 ns a line. What cannot be a region (a line that is
 * too long, JSON with blank lines, which are no records) is handed over as records.
 *
 * ```
 *   bytes:  │ handed over │ a region: as many lines as are wanted │ … │ an unfinished line │ free │
 *                         #at                                                              #end
 * ```
 */
export class Regions<Position> {
  readonly #parts: RegionsParts<Position>
  /** Bytes of the chunk, as a rule. */
  readonly #usual: number
  #chunk: Buffer
  /** Where in the file the chunk begins. */
  #base: number
  #at = 0
  #end = 0
  #lineBytes = USUAL_LINE

  constructor(parts: RegionsParts<Position>) {
    this.#parts = parts
    this.#usual = parts.chunk ?? CHUNK
    this.#chunk = Buffer.alloc(this.#usual)
    this.#base = parts.from
  }

  async *batches(): AsyncGenerator<SourceBatch<unknown, Position>> {
    for (;;) {
      yield* this.#complete()
      const tooLong = this.#end - this.#at > this.#parts.reading.maxRecord + 1
      const more = tooLong ? yield* this.#passLongLine() : await this.#readOn()
      if (more) continue
      yield* this.#records(this.#at, this.#end)
      return
    }
  }

  /** What the lines make that are complete. */
  *#complete(): Generator<SourceBatch<unknown, Position>> {
    const { reading, file } = this.#parts
    for (;;) {
      const wanted = Math.max(1, reading.wanted())
      const { lines, end, mayBeBlank } = scanLines(this.#chunk, this.#at, this.#end, wanted)
      if (lines === 0) return
      const from = this.#at
      this.#at = end
      this.#lineBytes = (end - from) / lines
      const mayBeTooLong = end - from > reading.maxRecord
      if (mayBeTooLong || (file.format === 'ndjson' && mayBeBlank)) yield* this.#records(from, end)
      else yield this.#region(from, end, lines)
    }
  }

  /** These bytes as records, the last of which may have no line end. */
  *#records(from: number, to: number): Generator<SourceBatch<unknown, Position>> {
    const { reading } = this.#parts
    const splitter = new LineSplitter(reading.maxRecord, this.#base + from)
    yield* recordsOf(splitter.push(this.#chunk.subarray(from, to)), reading)
    yield* recordsOf(splitter.end(), reading)
  }

  /** The unfinished line is longer than a record may be: goes on behind it, without keeping it. Returns whether anything is there. */
  async *#passLongLine(): AsyncGenerator<SourceBatch<unknown, Position>, boolean> {
    const { reading, read } = this.#parts
    const splitter = new LineSplitter(reading.maxRecord, this.#base + this.#at)
    splitter.push(this.#chunk.subarray(this.#at, this.#end))
    this.#base += this.#end
    this.#chunk = Buffer.alloc(this.#usual)
    this.#at = 0
    this.#end = 0
    for (;;) {
      const length = await read(this.#chunk, this.#base)
      this.#base += length
      const split = length > 0 ? splitter.push(this.#chunk.subarray(0, length)) : splitter.end()
      yield* recordsOf(split, reading)
      if (length === 0) return false
      if (split.length === 0) continue
      this.#base -= splitter.unfinished
      return true
    }
  }

  #region(from: number, to: number, count: number): SourceBatch<unknown, Position> {
    const { file, reading } = this.#parts
    const start = (line: number): number => {
      if (line === 0) return this.#base + from
      if (line === count) return this.#base + to
      return this.#base + scanLines(this.#chunk, from, to, line).end
    }
    return {
      count,
      region: (first, last) => ({ ...file, from: start(first), to: start(last) }),
      positionAfter: (lines) => reading.positionAt(start(lines)),
    }
  }

  /** Reads what follows; false at the end of the file. */
  async #readOn(): Promise<boolean> {
    this.#makeRoom()
    const room = this.#chunk.subarray(this.#end)
    // All there is room for, but for a few lines that are waited for.
    const few = this.#parts.reading.wanted() * this.#lineBytes < FEW_BYTES
    const into = few ? room.subarray(0, FEW_BYTES) : room
    const read = await this.#parts.read(into, this.#base + this.#end)
    this.#end += read
    return read > 0
  }

  /** Moves an unfinished line to the front, and makes the chunk larger for one that fills it. */
  #makeRoom(): void {
    const left = this.#end - this.#at
    const full = left === this.#chunk.length
    if (this.#at === 0 && !full) return
    const size = full ? 2 * left : left < this.#usual / 2 ? this.#usual : this.#chunk.length
    const next = size === this.#chunk.length ? this.#chunk : Buffer.alloc(size)
    this.#chunk.copy(next, 0, this.#at, this.#end)
    this.#chunk = next
    this.#base += this.#at
    this.#end = left
    this.#at = 0
  }
}
