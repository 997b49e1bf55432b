import type { CodecName } from '../config/config.js'
import { pack, unpack } from './msgpack.js'

/** Values of a batch ⇄ bytes, all of them in one go. */
export interface Codec {
  readonly name: CodecName
  /** Whether numbers and plain objects arrive as they left, so that a batch may hold them as columns. */
  readonly exact: boolean
  /** Throws when a value cannot be encoded; `encodeBatch` then finds out which. */
  encode(values: readonly unknown[]): Uint8Array
  decode(bytes: Uint8Array): unknown[]
}

const msgpack: Codec = {
  name: 'msgpack',
  exact: true,
  encode: pack,
  decode: (bytes) => unpack(bytes) as unknown[],
}

const json: Codec = {
  name: 'json',
  exact: false,
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
  exact: false,
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
