import { randomUUID } from 'node:crypto'
import { closeSync, openSync, unlinkSync } from 'node:fs'
import { Slots } from '../flow/slots.js'
import { SLOT_CAPACITY, SlotFile } from '../link/slot-file.js'
import { type SlotAccess, type SlotAddress, Stored } from '../model/payload.js'
import type { LinkEnd } from './processes/child-process.js'

/** Where Linux has files in memory. */
const MEMORY = '/dev/shm'

/** Slots that a process has to fill, when all is well; it is granted more when half of them are filled. */
const IN_ADVANCE = 8

/** Slots beyond what the queues can hold: for what is granted, and for what is on its way. */
const BESIDE_THE_QUEUES = 32

/**
 * Memory that all processes of a pipeline share, in which payloads stand from when they are encoded until
 * nobody needs them any more. Over a link goes only where, so they are copied once in and once out instead
 * of six times, and never pass through the primary.
 *
 * The primary owns every slot, as it owns every record: it grants slots to those who encode, and frees one
 * when its batch is decided.
 */
export class SharedMemory {
  /** Descriptor of the file, for the processes that are forked. */
  readonly file: number
  readonly #slots: Slots
  readonly #access: SlotAccess

  /**
   * Undefined where there is no such memory, or none for us; then payloads go over the links.
   *
   * @param bytes of all payloads that there may be at once
   */
  static open(bytes: number, folder = MEMORY): SharedMemory | undefined {
    if (process.platform !== 'linux') return undefined
    const path = `${folder}/millrace-${randomUUID()}`
    try {
      const file = openSync(path, 'wx+', 0o600)
      // Without a name it is gone with the last process that has it open, however that ends.
      unlinkSync(path)
      return new SharedMemory(file, Math.ceil(bytes / SLOT_CAPACITY) + BESIDE_THE_QUEUES)
    } catch {
      return undefined
    }
  }

  private constructor(file: number, most: number) {
    const view = new SlotFile(file)
    this.file = file
    this.#slots = new Slots(most)
    this.#access = {
      read: (address) => view.read(address),
      release: (address) => this.#slots.release(address),
    }
  }

  /** Slots that are not free. */
  get inUse(): number {
    return this.#slots.inUse
  }

  /** Grants a process what it should have in advance, once it has filled half of that. */
  grant(child: LinkEnd): void {
    const left = this.#slots.grantedTo(child.key)
    if (left > IN_ADVANCE / 2) return
    const grants = this.#slots.grant(child.key, IN_ADVANCE - left)
    if (grants.length > 0)
      child.send('slots', { granted: grants.flatMap((grant) => [grant.slot, grant.generation]) })
  }

  /** Takes over what a process says it has filled. Throws when it was not to. */
  accept(child: LinkEnd, address: SlotAddress): Stored {
    this.#slots.fill(child.key, address)
    this.grant(child)
    return new Stored(address, this.#access)
  }

  /** A process is gone: what it was granted is free again. */
  lost(key: string): void {
    this.#slots.loseAll(key)
  }

  close(): void {
    closeSync(this.file)
  }
}
