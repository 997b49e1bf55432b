import type { Line } from '../lines/encode.js'
import { TEXT_PIECE } from '../model/text-piece.js'
import { lengthsIn } from './columns/lengths.js'

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

const LINE_END = 0x0a

/** Lines that are written together: texts as one, or the bytes of a single one. */
interface Part {
  readonly content: Line
  /** With all line ends. */
  readonly size: number
}

export function encodeLineRun(lines: readonly Line[]): Uint8Array {
  const lengths = new Uint32Array(lines.length)
  const parts: Part[] = []
  for (let from = 0; from < lines.length; ) {
    const line = lines[from]!
    if (typeof line === 'string') {
      const to = endOfText(lines, from)
      parts.push(textPart(lines.slice(from, to) as string[], lengths.subarray(from, to)))
      from = to
    } else {
      lengths[from++] = line.byteLength + 1
      parts.push({ content: line, size: line.byteLength + 1 })
    }
  }
  return written(lengths, parts)
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

function textPart(lines: string[], lengths: Uint32Array): Part {
  const content = `${lines.join('\n')}\n`
  const size = Buffer.byteLength(content)
  // Of ASCII, which most text is, a unit is a byte.
  const lengthOf = size === content.length ? (line: string) => line.length : Buffer.byteLength
  for (let i = 0; i < lines.length; i++) lengths[i] = lengthOf(lines[i]!) + 1
  return { content, size }
}

function written(lengths: Uint32Array, parts: readonly Part[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.size, lengths.byteLength)
  const run = Buffer.allocUnsafe(size)
  run.set(new Uint8Array(lengths.buffer))
  let at = lengths.byteLength
  for (const { content, size } of parts) {
    const end = at + size
    if (typeof content === 'string') run.write(content, at, content.length === size ? 'latin1' : 'utf8')
    else {
      run.set(content, at)
      run[end - 1] = LINE_END
    }
    at = end
  }
  return run
}

/** The lines of a batch, as they arrived. */
export class LineRun {
  readonly #lengths: Uint32Array
  readonly #bytes: Buffer

  /** Refuses what {@link encodeLineRun} has not made of so many lines. */
  constructor(run: Uint8Array, count: number) {
    const { lengths, total, body } = lengthsIn(run, count)
    if (total !== body.byteLength) throw new RangeError('lengths and lines of a batch do not match')
    this.#lengths = lengths
    this.#bytes = body
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
