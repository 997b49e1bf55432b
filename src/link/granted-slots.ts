import type { Grant } from '../flow/slots.js'
import { copied, type Payload, Stored } from '../model/payload.js'
import { SLOT_CAPACITY, type SlotFile } from './slot-file.js'

/** Fewer bytes go over the link: that costs no more than a write and a read of their own. */
const WORTH_A_SLOT = 8 * 2 ** 10

/** Batches that go over the link after one that there was no memory for. */
const PATIENCE = 100

/** The slots of the shared memory that a process may fill, and what it does when it has none. */
export class GrantedSlots {
  readonly #file: SlotFile
  readonly #granted: Grant[] = []
  /** Batches for which no memory is asked. */
  #passes = 0

  constructor(file: SlotFile) {
    this.#file = file
  }

  /** @param pairs slot and generation, in turns */
  grant(pairs: readonly number[]): void {
    for (let i = 0; i < pairs.length; i += 2)
      this.#granted.push({ slot: pairs[i]!, generation: pairs[i + 1]! })
  }

  /**
   * Puts bytes into a slot if that pays and there is one; or else into a buffer of their own. What is
   * not sent after all is to be released, and its slot is there for the next.
   */
  keep(bytes: Uint8Array): Payload {
    const { byteLength } = bytes
    if (byteLength < WORTH_A_SLOT || byteLength > SLOT_CAPACITY) return copied(bytes)
    if (this.#passes > 0) {
      this.#passes--
      return copied(bytes)
    }
    const grant = this.#granted.pop()
    if (!grant) return copied(bytes)
    const release = () => void this.#granted.push(grant)
    if (this.#file.write(grant, bytes)) {
      return new Stored(
        { ...grant, byteLength },
        { read: (address, most) => this.#file.read(address, most), release },
      )
    }
    release()
    this.#passes = PATIENCE
    return copied(bytes)
  }
}
