import { readSync, writevSync } from 'node:fs'
import { InvariantError } from '../flow/invariant.js'
import type { Grant } from '../flow/slots.js'
import type { SlotAccess, SlotAddress } from '../model/payload.js'
import { BOOKMARKS_BYTES } from './bookmark.js'

/*
 * The memory that the processes of a pipeline share is a file in memory, without a name: each has it open.
 * Behind the bookmarks it is an array of slots of one size:
 *
 *  0            4      8                       SLOT_BYTES
 *  ┌────────────┬──────┬─────────┬ ─ ─ ─ ─ ─ ─ ┐
 *  │ generation │ zero │ payload │             │
 *  │ u32 LE     │      │ bytes   │
 *  └────────────┴──────┴─────────┴ ─ ─ ─ ─ ─ ─ ┘
 *
 * The generation is written before the payload, and looked at before and after the payload is read. So bytes
 * that are not what was meant are never taken for it, whatever went wrong with the slot.
 */
const HEAD = 8

/** Bytes that a slot can hold; only those that are written take memory. */
export const SLOT_CAPACITY = 2 ** 20

/** Whole pages, with the head. */
const SLOT_BYTES = SLOT_CAPACITY + 4096

/** One process's view of the shared memory. */
export class SlotFile implements SlotAccess {
  readonly #file: number
  readonly #head = Buffer.alloc(HEAD)
  readonly #headAfter = Buffer.alloc(HEAD)
  /** What was read last. */
  readonly #bytes = Buffer.allocUnsafeSlow(HEAD + SLOT_CAPACITY)

  /** @param file descriptor of the open file */
  constructor(file: number) {
    this.#file = file
  }

  /** Fills a slot that was granted. Says whether there was room for it: memory may be short. */
  write({ slot, generation }: Grant, bytes: Uint8Array): boolean {
    this.#head.writeUInt32LE(generation)
    try {
      const written = writevSync(this.#file, [this.#head, bytes], placeOf(slot))
      return written === HEAD + bytes.byteLength
    } catch {
      return false
    }
  }

  read({ slot, generation, byteLength }: SlotAddress, most = byteLength): Uint8Array {
    const length = Math.min(most, byteLength)
    const at = placeOf(slot)
    const read = readSync(this.#file, this.#bytes, 0, HEAD + length, at)
    readSync(this.#file, this.#headAfter, 0, HEAD, at)
    const [before, after] = [this.#bytes.readUInt32LE(), this.#headAfter.readUInt32LE()]
    if (read !== HEAD + length || before !== generation || after !== generation) {
      throw new InvariantError(`slot ${slot} of the shared memory holds something else than was meant`)
    }
    return this.#bytes.subarray(HEAD, HEAD + length)
  }
}

const placeOf = (slot: number): number => BOOKMARKS_BYTES + slot * SLOT_BYTES
