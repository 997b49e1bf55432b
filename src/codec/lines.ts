import type { Line } from '../lines/encode.js'
import { TEXT_PIECE } from '../model/text-piece.js'
import { lengthsIn } from './columns/lengths.js'
import type { Scratch } from './scratch.js'

/*
 * Values that are lines, as whoever writes them wants them: one run of bytes, each line with its end
 * behind it.
 *
 *  ┌────────────────────┬───────────────────────┐
 *  │ lengths: u32 × n   │ all lines, unbroken   │
 *  └────────────────────┴───────────────────────┘
 *
 * A length is in bytes, with the line end. So the bytes of some of the lines are found by adding up;
 * to look for line ends would not do, since bytes that are a line may have some in them.
 */

const LINE_END = Buffer.from('\n')

export function encodeLineRun(lines: readonly Line[], scratch: Scratch): void {
  // Filled as it is known how long they are: `scratch` may move meanwhile.
  const lengths = new Uint32Array(lines.length)
  const lengthsAt = scratch.length
  scratch.append(new Uint8Array(lengths.buffer))
  for (let from = 0; from < lines.length; ) {
    const line = lines[from]!
    if (typeof line === 'string') {
      const to = endOfText(lines, from)
      appendTexts(lines.slice(from, to) as string[], lengths.subarray(from, to), scratch)
      from = to
    } else {
      lengths[from++] = line.byteLength + 1
      scratch.append(line)
      scratch.append(LINE_END)
    }
  }
  scratch.written.set(new Uint8Array(lengths.buffer), lengthsAt)
}

/** Where the texts that begin at `from` end, or have become long enough. */
function endOfText(lines: readonly Line[], from: number): number {
  let to = from
  for (let units = 0; to < lines.length && units < TEXT_PIECE; to++) {
    const line = lines[to]!
    if (typeof line !== 'string') break
    units += line.length
  }
  return to
}

/** Appends lines that are text, and notes their lengths. */
function appendTexts(lines: readonly string[], lengths: Uint32Array, scratch: Scratch): void {
  const content = `${lines.join('\n')}\n`
  const size = Buffer.byteLength(content)
  // Of ASCII, which most text is, a unit is a byte.
  const ascii = size === content.length
  const lengthOf = ascii ? (line: string) => line.length : Buffer.byteLength
  for (let i = 0; i < lines.length; i++) lengths[i] = lengthOf(lines[i]!) + 1
  scratch.advance(scratch.reserve(size).write(content, scratch.length, ascii ? 'latin1' : 'utf8'))
}

/** The lines of a batch, as they arrived. */
export class LineRun {
  readonly #lengths: Uint32Array
  readonly #bytes: Buffer

  /** Refuses what {@link encodeLineRun} has not made of so many lines. */
  constructor(run: Uint8Array, count: number) {
    const { lengths, total, body } = lengthsIn(run, count)
    if (total !== body.byteLength) throw new RangeError('lengths and lines of a batch do not match')
    // Copies, since they are kept for longer than the memory that they were read into.
    this.#lengths = lengths.slice()
    this.#bytes = Buffer.from(body)
  }

  /** What is to be written for the lines `[from, to)`: a view, not a copy. */
  bytesOf(from: number, to: number): Buffer {
    const start = this.#sizeOf(0, from)
    return this.#bytes.subarray(start, start + this.#sizeOf(from, to))
  }

  #sizeOf(from: number, to: number): number {
    let size = 0
    for (let i = from; i < to; i++) size += this.#lengths[i]!
    return size
  }
}
