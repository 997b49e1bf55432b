import type { Grant } from '../flow/slots.js'
import { copied, type Payload, Stored } from '../model/payload.js'
import { SLOT_CAPACITY, type SlotFile } from './slot-file.js'

/** Fewer bytes go over the link: that costs no more than a write and a read of their own. */
const WORTH_A_SLOT = 8 * 2 ** 10

/** The slots of the shared memory that a process may fill, and what it does when it has none. */
export class GrantedSlots {
  readonly #file: SlotFile
  readonly #granted: Grant[] = []

  constructor(file: SlotFile) {
    this.#file = file
  }

  /** @param pairs slot and generation, in turns */
  grant(pairs: readonly number[]): void {
    for (let i = 0; i < pairs.length; i += 2)
      this.#granted.push({ slot: pairs[i]!, generation: pairs[i + 1]! })
  }

  /** Puts bytes into a slot if that pays and there is one; or else into a buffer of their own. */
  keep(bytes: Uint8Array): Payload {
    const { byteLength } = bytes
    if (byteLength < WORTH_A_SLOT || byteLength > SLOT_CAPACITY) return copied(bytes)
    const grant = this.#granted.pop()
    if (!grant) return copied(bytes)
    if (this.#file.write(grant, bytes)) return new Stored({ ...grant, byteLength }, this.#file)
    this.#granted.push(grant)
    return copied(bytes)
  }
}
