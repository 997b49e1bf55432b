import { randomUUID } from 'node:crypto'
import { closeSync, openSync, statfsSync, unlinkSync } from 'node:fs'
import { InvariantError } from '../flow/invariant.js'
import { Slots } from '../flow/slots.js'
import { SLOT_CAPACITY, SlotFile } from '../link/slot-file.js'
import { type SlotAccess, type SlotAddress, Stored } from '../model/payload.js'
import { Bookmarks } from './bookmarks.js'
import type { LinkEnd } from './processes/child-process.js'

/** Where Linux has files in memory. */
const MEMORY = '/dev/shm'

/** What `statfs` calls a file system in memory. */
const TMPFS = 0x01021994

/** Slots that a process has to fill, when all is well; it is granted more when half of them are filled. */
const IN_ADVANCE = 8

/** Of the memory that is free for such files, the part that one pipeline takes at the most. */
const OF_FREE = 1 / 2

/** With fewer slots nobody would have one when it needs it. */
const FEWEST = 16

/** What may have to stand in shared memory at once. */
export interface Demand {
  /** Of all payloads. */
  readonly bytes: number
  /** Processes that fill slots. */
  readonly fillers: number
}

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
  readonly bookmarks: Bookmarks
  readonly #slots: Slots
  readonly #access: SlotAccess
  /** Those that have fewer slots than they should because there were no more. */
  readonly #short = new Map<string, LinkEnd>()
  #supplyDue = false

  /**
   * Undefined where there is no such memory, or too little for us; then payloads go over the links.
   *
   * @param folder default: where files are in memory; another one may be anywhere
   */
  static open({ bytes, fillers }: Demand, folder?: string): SharedMemory | undefined {
    if (process.platform !== 'linux') return undefined
    try {
      const wanted = Math.ceil(bytes / SLOT_CAPACITY) + IN_ADVANCE * (fillers + 1)
      const most = folder === undefined ? Math.min(wanted, slotsIn(MEMORY)) : wanted
      return most < FEWEST ? undefined : new SharedMemory(openNameless(folder ?? MEMORY), most)
    } catch {
      return undefined
    }
  }

  private constructor(file: number, most: number) {
    const view = new SlotFile(file)
    this.file = file
    this.bookmarks = new Bookmarks(file)
    this.#slots = new Slots(most)
    this.#access = {
      read: (address, most) => view.read(address, most),
      release: (address) => {
        this.#slots.release(address)
        this.#supplySoon()
      },
    }
  }

  /** Slots that are not free, and how many there may be. */
  get slots(): { readonly inUse: number; readonly most: number } {
    const { inUse, most } = this.#slots
    return { inUse, most }
  }

  /** Grants a process what it should have in advance, once it has filled half of that, or as soon as there is something free. */
  grant(child: LinkEnd): void {
    const left = this.#slots.grantedTo(child.key)
    if (left > IN_ADVANCE / 2) return
    const grants = this.#slots.grant(child.key, IN_ADVANCE - left)
    if (left + grants.length <= IN_ADVANCE / 2) this.#short.set(child.key, child)
    else this.#short.delete(child.key)
    if (grants.length > 0)
      child.send('slots', { granted: grants.flatMap((grant) => [grant.slot, grant.generation]) })
  }

  /** Takes over what a process says it has filled. Throws when it was not to. */
  accept(child: LinkEnd, address: SlotAddress): Stored {
    if (address.byteLength > SLOT_CAPACITY) {
      throw new InvariantError(`${child.key} filled a slot with ${address.byteLength} bytes`)
    }
    this.#slots.fill(child.key, address)
    this.grant(child)
    return new Stored(address, this.#access)
  }

  /** A process is gone: what it was given is free again. */
  lost(key: string): void {
    this.#slots.loseAll(key)
    this.bookmarks.takeBack(key)
    this.#short.delete(key)
    this.#supplySoon()
  }

  close(): void {
    this.#short.clear()
    closeSync(this.file)
  }

  /**
   * Not before this turn is over: a record that fails is set aside, which may free its slot, and read
   * right after that.
   */
  #supplySoon(): void {
    if (this.#supplyDue || this.#short.size === 0) return
    this.#supplyDue = true
    queueMicrotask(() => {
      this.#supplyDue = false
      for (const child of [...this.#short.values()]) this.grant(child)
    })
  }
}

/** How many slots there may be where others have files in memory too. */
function slotsIn(folder: string): number {
  const { type, bavail, bsize } = statfsSync(folder)
  return type === TMPFS ? Math.floor((bavail * bsize * OF_FREE) / SLOT_CAPACITY) : 0
}

/** Without a name the file is gone with the last process that has it open, however that ends. */
function openNameless(folder: string): number {
  const path = `${folder}/millrace-${randomUUID()}`
  const file = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return file
}
