import { type Options, Packr } from 'msgpackr'

/**
 * MessagePack as millrace uses it, for batches and for the headers of frames.
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
} satisfies Options

const packr = new Packr(options)

export const pack = (value: unknown): Uint8Array => packr.pack(value)

export const unpack = (bytes: Uint8Array): unknown => packr.unpack(bytes)
