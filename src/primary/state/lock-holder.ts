import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import process from 'node:process'
import { systemCodeOf } from '../../errors.js'
import { bootId, hasProc, pidNamespace, processOf } from './proc.js'

/** What a lock says about the process that has it. */
export interface LockHolder {
  /** Of this lock and no other. */
  readonly id: string
  readonly pid: number
  /** When the process was started, in clock ticks since the machine was; null without /proc. */
  readonly startedAt: number | null
  /** Which start of the machine; null without /proc. */
  readonly bootId: string | null
  /** Within which the pid is one; null without /proc. */
  readonly pidNamespace: string | null
  readonly host: string
  /** ISO 8601: when the lock was made. */
  readonly since: string
}

/** The machine as whoever finds a lock sees it. */
export interface Here extends Pick<LockHolder, 'bootId' | 'pidNamespace' | 'host'> {
  /** What is known of a pid: that nothing lives there, or what does and when it was started (null: not to be had). */
  processAt(pid: number): 'none' | { readonly startedAt: number | null }
}

/**
 * - `held`: its holder lives;
 * - `stale`: its holder does not;
 * - `unsure`: its holder cannot be seen from here, and showed itself a short while ago.
 */
export type Verdict = 'held' | 'stale' | 'unsure'

/** Milliseconds after which a holder that cannot be seen, and has not touched its lock, is taken for dead. */
export const SILENCE_MS = 15_000

/**
 * Whether a lock still keeps others out.
 *
 * On the same machine that is known: its process lives or does not, and a later process with the
 * same pid was started at another time. Where it is not (another host, an earlier start of this one,
 * a container with the folder mounted, a lock that cannot be read), the lock's age decides.
 *
 * @param holder nothing when the lock cannot be read
 * @param age milliseconds since the holder last touched it
 */
export function verdictOn(holder: LockHolder | undefined, age: number, here: Here): Verdict {
  const silent = age > SILENCE_MS
  if (!holder || !sameMachine(holder, here)) return silent ? 'stale' : 'unsure'
  const found = here.processAt(holder.pid)
  if (found === 'none') return 'stale'
  if (holder.startedAt === null || found.startedAt === null) return silent ? 'stale' : 'held'
  return holder.startedAt === found.startedAt ? 'held' : 'stale'
}

const sameMachine = (holder: LockHolder, here: Here) =>
  holder.host === here.host && holder.bootId === here.bootId && holder.pidNamespace === here.pidNamespace

/** The machine that this process runs on. */
export function thisMachine(): Here {
  const proc = hasProc()
  return {
    host: hostname(),
    bootId: (proc && bootId()) || null,
    pidNamespace: (proc && pidNamespace()) || null,
    processAt: (pid) => {
      const seen = proc ? processOf(pid) : undefined
      if (seen) return seen.ended ? 'none' : { startedAt: seen.startedAt }
      // Without /proc, or where it hides the processes of other users.
      return exists(pid) ? { startedAt: null } : 'none'
    },
  }
}

/** Whether a process has this pid, whoever owns it. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCodeOf(error) === 'EPERM'
  }
}

/** What this process writes into a lock of its own. */
export function holderHere(here: Here): LockHolder {
  const self = here.processAt(process.pid)
  return {
    id: randomUUID(),
    pid: process.pid,
    startedAt: self === 'none' ? null : self.startedAt,
    bootId: here.bootId,
    pidNamespace: here.pidNamespace,
    host: here.host,
    since: new Date().toISOString(),
  }
}

export const formatHolder = (holder: LockHolder): string => `${JSON.stringify(holder, null, 2)}\n`

/** Nothing when the text is not a lock's. */
export function parseHolder(text: string): LockHolder | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isHolder(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false
  const { id, pid, startedAt, bootId, pidNamespace, host, since } = value as Readonly<Record<string, unknown>>
  const texts = [id, host, since].every((field) => typeof field === 'string')
  const machine = [bootId, pidNamespace].every((field) => field === null || typeof field === 'string')
  const numbers = isPid(pid) && (startedAt === null || Number.isSafeInteger(startedAt))
  return texts && machine && numbers
}

const isPid = (pid: unknown): boolean => Number.isSafeInteger(pid) && (pid as number) > 0
