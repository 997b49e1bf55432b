/**
 * The bytes of a batch on their way: in one piece, in the pieces that they arrived in, or in memory that
 * all processes share. The primary passes nearly all of them on as they came, so it neither puts them
 * together nor looks at them.
 */
export type Payload = Uint8Array | Pieces | Stored

/** Turns bytes that are valid for the moment into a payload that lasts. */
export type Keep = (bytes: Uint8Array) => Payload

/** Bytes that follow one another, in several buffers. */
export class Pieces {
  readonly list: readonly Uint8Array[]
  readonly byteLength: number

  constructor(list: readonly Uint8Array[]) {
    this.list = list
    this.byteLength = list.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }
}

/** Where bytes stand in the memory that the processes of a pipeline share. */
export interface SlotAddress {
  readonly slot: number
  /** How often the slot had been given out when these bytes were written. */
  readonly generation: number
  readonly byteLength: number
}

/** What is done with bytes in shared memory. */
export interface SlotAccess {
  /**
   * The bytes, valid until the next are read. Throws when the slot holds others by now.
   *
   * @param most how many of them, from the first on; default: all
   */
  read(address: SlotAddress, most?: number): Uint8Array
  /** Nobody will read them any more. */
  release?(address: SlotAddress): void
}

/** Bytes in shared memory: only where they stand is sent. */
export class Stored {
  readonly address: SlotAddress
  readonly #access: SlotAccess

  constructor(address: SlotAddress, access: SlotAccess) {
    this.address = address
    this.#access = access
  }

  get byteLength(): number {
    return this.address.byteLength
  }

  /** @param most how many bytes, from the first on; default: all */
  read(most?: number): Uint8Array {
    return this.#access.read(this.address, most)
  }

  release(): void {
    this.#access.release?.(this.address)
  }
}

/** The same bytes in one buffer: a copy if they are in several, and valid for the moment if they are stored. */
export function wholeOf(payload: Payload): Uint8Array {
  if (payload instanceof Pieces) return Buffer.concat(payload.list, payload.byteLength)
  return payload instanceof Stored ? payload.read() : payload
}

/** The first so many of these bytes, or all there are if they are fewer: what is behind them is not copied. */
export function beginningOf(payload: Payload, most: number): Uint8Array {
  if (payload instanceof Stored) return payload.read(most)
  const list = piecesOf(payload)
  const [first] = list
  const whole = first && (first.byteLength >= most || list.length === 1) ? first : wholeOf(payload)
  return whole.subarray(0, most)
}

export function piecesOf(payload: Payload): readonly Uint8Array[] {
  if (payload instanceof Pieces) return payload.list
  return [payload instanceof Stored ? payload.read() : payload]
}

/** For where there is no shared memory, or no room in it. */
export const copied: Keep = (bytes) => Buffer.from(bytes)
