import { createRequire } from 'node:module'
import type * as Whole from 'msgpackr'
import { Packr } from 'msgpackr/pack'

/**
 * MessagePack as millrace uses it, for batches and for the headers of messages that are rare.
 *
 * Objects of one shape are written once by name and then by position ("records"), inside each
 * encoded piece, so that every piece can be read on its own. Dates, maps, sets, big integers,
 * bytes and `undefined` survive; instances of classes arrive as plain objects. Pointer extensions
 * are off, and a function is refused instead of quietly becoming `undefined`. What may be lost: the
 * sign of -0, and half a surrogate pair inside of an object. A key `__proto__` arrives as `__proto_`, so
 * that it can reach no prototype.
 */
const options = {
  useRecords: true,
  // Sets and typed arrays as what they are; without it a set would arrive as an array.
  moreTypes: true,
  structuredClone: false,
  // What is decoded may outlive the memory that it was read into.
  copyBuffers: true,
  useBigIntExtension: true,
  // The library declares this without the argument that it passes.
  writeFunction: (value?: unknown) => {
    const name = typeof value === 'function' && value.name ? ` ${value.name}` : ''
    throw new TypeError(`a function${name} cannot be encoded`)
  },
} satisfies Whole.Options

const packr = new Packr(options)

export const pack = (value: unknown): Uint8Array => packr.pack(value)

/** Bytes that one process reads before the library's native part pays: loading it takes as long as it saves on these. */
const WORTH_NATIVE = 2 ** 20

/**
 * Reads in JavaScript, and from {@link WORTH_NATIVE} bytes on with the library's native part, which reads
 * strings three times faster. Most processes never get there: numbers, texts and objects that are alike
 * travel as columns.
 */
class Reader {
  #library: Pick<Packr, 'unpack'> = packr
  #left = WORTH_NATIVE

  read(bytes: Uint8Array): unknown {
    if (this.#left > 0) {
      this.#left -= bytes.byteLength
      if (this.#left <= 0) this.#library = withNative()
    }
    return this.#library.unpack(bytes)
  }
}

/** The same library once more, as the package offers no way to give the other one its native part. */
function withNative(): Pick<Packr, 'unpack'> {
  const library = createRequire(import.meta.url)('msgpackr') as typeof Whole
  return new library.Packr(options)
}

const reader = new Reader()

export const unpack = (bytes: Uint8Array): unknown => reader.read(bytes)
