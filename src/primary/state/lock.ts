import { realpath } from 'node:fs/promises'
import { hostname } from 'node:os'
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

/** The right of one primary to a state folder, until it gives it back or its process ends. */
export interface Lock {
  /**
   * Gives the lock back. A second call does nothing.
   *
   * @throws MillraceError `state_unwritable`
   */
  release(): Promise<void>
}

export interface LockParts {
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
 * Makes this process the only primary of a state folder. What a dead one has left is taken over: at
 * once where it can be seen that it is dead, else (after a restart of its container, on another host)
 * when its lock has not been touched for 15 s, which is waited for.
 *
 * @param stateDir must exist; a link to it leads to the same lock
 * @throws MillraceError `state_in_use`, `state_unwritable`
 */
export async function acquireLock(stateDir: string, parts: LockParts = {}): Promise<Lock> {
  const here = thisMachine()
  let file: LockFile | undefined
  try {
    file = await LockFile.create(await realpath(stateDir), holderHere(here))
    await claim(file, { stateDir, here, clock: parts.clock ?? systemClock, onWait: parts.onWait })
    await file.tidy()
    return new HeldLock(file, stateDir, parts)
  } catch (error) {
    await file?.close().catch(() => {})
    throw error instanceof MillraceError ? error : unwritable(stateDir, error)
  }
}

interface Claim {
  readonly stateDir: string
  readonly here: Here
  readonly clock: Clock
  readonly onWait: LockParts['onWait']
}

async function claim(file: LockFile, { stateDir, here, clock, onWait }: Claim): Promise<void> {
  const verdict = ({ text, age }: FoundLock) => verdictOn(parseHolder(text), age, here)
  let watched: FoundLock | undefined
  for (;;) {
    const inTheWay = await claimLock(file, (found) => verdict(found) === 'stale')
    if (!inTheWay) return
    const touched = watched?.text === inTheWay.text && inTheWay.age < watched.age
    if (touched || verdict(inTheWay) === 'held') throw inUse(stateDir, inTheWay)
    if (!watched) onWait?.(waiting(stateDir, inTheWay))
    watched = inTheWay
    await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
  }
}

class HeldLock implements Lock {
  readonly #file: LockFile
  readonly #stateDir: string
  readonly #clock: Clock
  readonly #onLost: LockParts['onLost']
  #cancelTouch: () => void = () => {}
  /** The touch that is under way, or the last one. */
  #touched: Promise<void> = Promise.resolve()
  #released: Promise<void> | undefined

  constructor(file: LockFile, stateDir: string, { clock = backgroundClock, onLost }: LockParts) {
    this.#file = file
    this.#stateDir = stateDir
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
        if (!this.#released) this.#onLost?.(lost(this.#stateDir))
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
      throw unwritable(this.#stateDir, cause)
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

function inUse(stateDir: string, { text }: FoundLock): MillraceError {
  const holder = parseHolder(text)
  const mine = holder?.pid === process.pid && holder.host === hostname()
  const fix = mine
    ? 'give each pipeline of this process a folder of its own'
    : 'stop that one (`millrace stop`), or give this pipeline a folder of its own'
  return new MillraceError(
    'state_in_use',
    `the state folder ${stateDir} is in use by ${ownerOf(text)}; ${fix} with \`stateDir\` (--state-dir)`,
  )
}

const waiting = (stateDir: string, { text }: FoundLock) =>
  `the state folder ${stateDir} may still be in use by ${ownerOf(text)}, which cannot be seen from here; taking it over when its file \`${LOCK}\` has not been touched for ${SILENCE_MS / 1000} s`

function ownerOf(text: string): string {
  const holder = parseHolder(text)
  if (!holder) return `a process unknown, because its file \`${LOCK}\` is damaged`
  return `process ${holder.pid} on ${holder.host} since ${holder.since}`
}

const lost = (stateDir: string) =>
  new MillraceError(
    'state_in_use',
    `the file \`${LOCK}\` of the state folder ${stateDir} is no longer this process's: another host took it over after this one had stood still for ${SILENCE_MS / 1000} s, or somebody removed it; start again when no other pipeline uses the folder`,
  )
