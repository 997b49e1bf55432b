import type { CodecName } from '../config/config.js'
import { pack, unpack } from './msgpack.js'

/** Values of a batch ⇄ bytes, all of them in one go. */
export interface Codec {
  readonly name: CodecName
  /** Throws when a value cannot be encoded; `encodeBatch` then finds out which. */
  encode(values: readonly unknown[]): Uint8Array
  decode(bytes: Uint8Array): unknown[]
}

const msgpack: Codec = {
  name: 'msgpack',
  encode: pack,
  decode: (bytes) => unpack(bytes) as unknown[],
}

const json: Codec = {
  name: 'json',
  encode: (values) => {
    const text = JSON.stringify(values, (_key, value) => {
      if (typeof value === 'function') throw new TypeError('a function cannot be encoded')
      return value
    })
    return Buffer.from(text)
  },
  decode: (bytes) => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()),
}

/** Only strings and bytes: these have forms of their own, unless a batch mixes them. */
const bytes: Codec = {
  name: 'bytes',
  encode: (values) => {
    for (const value of values) {
      if (typeof value === 'string' || value instanceof Uint8Array) continue
      throw new TypeError(
        `codec \`bytes\` takes strings and bytes, not ${describe(value)}; use codec \`msgpack\``,
      )
    }
    return pack(values)
  },
  decode: (bytes) => unpack(bytes) as unknown[],
}

const describe = (value: unknown) => (value === null ? 'null' : typeof value)

const codecs: Record<CodecName, Codec> = { msgpack, json, bytes }

export const codecNamed = (name: CodecName): Codec => codecs[name]
