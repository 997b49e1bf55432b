import { realpath } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { MillraceError } from '../../errors.js'
import { type Clock, systemClock } from '../../model/clock.js'
import { claimLock, type FoundLock, LOCK } from './lock-claim.js'
import { LockFile } from './lock-file.js'
import { type Here, holderHere, parseHolder, SILENCE_MS, thisMachine, verdictOn } from './lock-holder.js'
import { unwritable } from './state-dir.js'

/** Milliseconds between two touches of a lock by its holder. */
const TOUCH_MS = 5000

/** Milliseconds between two looks at a lock of which nobody here knows whether its holder lives. */
const LOOK_MS = 1000

/** The right of one primary to a state folder or a file, until it gives it back or its process ends. */
export interface Lock {
  /**
   * Gives the lock back. A second call does nothing.
   *
   * @throws MillraceError `state_unwritable`
   */
  release(): Promise<void>
}

/** What a lock keeps for one primary, as messages call it. */
export interface Guarded {
  readonly code: 'state_in_use' | 'sink_in_use'
  /** Such as `the state folder /var/lib/mill`. */
  readonly name: string
  /** What a pipeline is to be given instead, and how. */
  readonly instead: string
}

export interface LockParts {
  /** Default: the folder itself, as a state folder. */
  readonly guarded?: Guarded
  /** Default: the system's; touching the lock then keeps no process alive. */
  readonly clock?: Clock
  /** Told once, with the reason, when the lock may be a dead one's and only waiting can tell. */
  readonly onWait?: (reason: string) => void
  /**
   * Told once when the lock is no longer this process's: it stood still for so long that another
   * host took it for dead, or somebody removed the file. Another primary may be at work.
   */
  readonly onLost?: (error: MillraceError) => void
}

/**
 * Makes this process the only primary of a state folder, or of what else the lock in a folder stands for. What a dead one has left is taken over: at
 * once where it can be seen that it is dead, else (after a restart of its container, on another host)
 * when its lock has not been touched for 15 s, which is waited for.
 *
 * @param folder must exist; a link to it leads to the same lock
 * @throws MillraceError `state_unwritable`, or with the code of what is guarded
 */
export async function acquireLock(folder: string, parts: LockParts = {}): Promise<Lock> {
  const here = thisMachine()
  const { clock = systemClock, onWait, guarded = stateFolder(folder) } = parts
  let file: LockFile | undefined
  try {
    file = await LockFile.create(await realpath(folder), holderHere(here))
    await claim(file, { folder, guarded, here, clock, onWait })
    await file.tidy()
    return new HeldLock(file, folder, { ...parts, guarded })
  } catch (error) {
    await file?.close().catch(() => {})
    throw error instanceof MillraceError ? error : unwritable(folder, error)
  }
}

interface Claim {
  readonly folder: string
  readonly guarded: Guarded
  readonly here: Here
  readonly clock: Clock
  readonly onWait: LockParts['onWait']
}

async function claim(file: LockFile, { folder, guarded, here, clock, onWait }: Claim): Promise<void> {
  const verdict = ({ text, age }: FoundLock) => verdictOn(parseHolder(text), age, here)
  let watched: FoundLock | undefined
  for (;;) {
    const inTheWay = await claimLock(file, (found) => verdict(found) === 'stale')
    if (!inTheWay) return
    const touched = watched?.text === inTheWay.text && inTheWay.age < watched.age
    if (touched || verdict(inTheWay) === 'held') throw inUse(guarded, inTheWay)
    if (!watched) onWait?.(waiting(guarded, folder, inTheWay))
    watched = inTheWay
    await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
  }
}

class HeldLock implements Lock {
  readonly #file: LockFile
  readonly #folder: string
  readonly #guarded: Guarded
  readonly #clock: Clock
  readonly #onLost: LockParts['onLost']
  #cancelTouch: () => void = () => {}
  /** The touch that is under way, or the last one. */
  #touched: Promise<void> = Promise.resolve()
  #released: Promise<void> | undefined

  constructor(file: LockFile, folder: string, parts: LockParts & { readonly guarded: Guarded }) {
    const { clock = backgroundClock, onLost, guarded } = parts
    this.#file = file
    this.#folder = folder
    this.#guarded = guarded
    this.#clock = clock
    this.#onLost = onLost
    this.#touchLater()
  }

  release(): Promise<void> {
    this.#released ??= this.#giveBack()
    return this.#released
  }

  #touchLater(): void {
    this.#cancelTouch = this.#clock.after(TOUCH_MS, () => {
      this.#touched = this.#touch()
    })
  }

  async #touch(): Promise<void> {
    try {
      if (!(await this.#file.isInPlace())) {
        if (!this.#released) this.#onLost?.(lost(this.#guarded, this.#folder))
        return
      }
      await this.#file.touch()
    } catch {
      // A disk that does not answer now may do so next time, and until then nobody else can take the lock there.
    }
    if (!this.#released) this.#touchLater()
  }

  async #giveBack(): Promise<void> {
    this.#cancelTouch()
    await this.#touched
    await this.#file.close().catch((cause: unknown) => {
      throw unwritable(this.#folder, cause)
    })
  }
}

/** Its timers keep no process alive. */
const backgroundClock: Clock = {
  ...systemClock,
  now: systemClock.now,
  after: (ms, action) => {
    const timer = setTimeout(action, ms).unref()
    return () => clearTimeout(timer)
  },
}

const stateFolder = (folder: string): Guarded => ({
  code: 'state_in_use',
  name: `the state folder ${folder}`,
  instead: 'a folder of its own with `stateDir` (--state-dir)',
})

function inUse({ code, name, instead }: Guarded, { text }: FoundLock): MillraceError {
  const holder = parseHolder(text)
  const mine = holder?.pid === process.pid && holder.host === hostname()
  const fix = mine
    ? 'give each pipeline of this process'
    : 'stop that one (`millrace stop`), or give this pipeline'
  return new MillraceError(code, `${name} is in use by ${ownerOf(text)}; ${fix} ${instead}`)
}

const waiting = ({ name }: Guarded, folder: string, { text }: FoundLock) =>
  `${name} may still be in use by ${ownerOf(text)}, which cannot be seen from here; taking it over when its lock, ${join(folder, LOCK)}, has not been touched for ${SILENCE_MS / 1000} s`

function ownerOf(text: string): string {
  const holder = parseHolder(text)
  if (!holder) return `a process unknown, because its file \`${LOCK}\` is damaged`
  return `process ${holder.pid} on ${holder.host} since ${holder.since}`
}

const lost = ({ code, name }: Guarded, folder: string) =>
  new MillraceError(
    code,
    `${join(folder, LOCK)}, the lock of ${name}, is no longer this process's: another host took it over after this one had stood still for ${SILENCE_MS / 1000} s, or somebody removed it; start again when no other pipeline uses it`,
  )
