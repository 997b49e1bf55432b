import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import process from 'node:process'

/*
 * What Linux says about processes under /proc. It answers from memory, so these reads are synchronous.
 */

/** A process by what no later one of the same pid has too. */
export interface SeenProcess {
  readonly pid: number
  /** When it was started, in clock ticks since the machine was. */
  readonly startedAt: number
  /** It has ended, and nobody has waited for it yet, as under a container's first process. */
  readonly ended: boolean
}

/** Whether /proc is there and speaks of the processes that this one sees: a container may have been given another's. */
export function hasProc(): boolean {
  try {
    return readlinkSync('/proc/self') === String(process.pid)
  } catch {
    return false
  }
}

/** A process by its pid; nothing when there is none, or it is hidden from this user. */
export function processOf(pid: number): SeenProcess | undefined {
  const stat = readOf(pid, 'stat')
  if (stat === undefined) return undefined
  // The second field is the program's name in parentheses, which may hold anything.
  const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Field 22; the rest begins with field 4.
  return { pid, startedAt: Number(rest[22 - 4]), ended: state === 'Z' || state === 'X' }
}

/** The pids of this user's processes. */
export function ownPids(): number[] {
  const uid = process.getuid?.()
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    return statSync(`/proc/${name}`, { throwIfNoEntry: false })?.uid === uid ? [Number(name)] : []
  })
}

/** The entries of a process's environment when it was started, as `NAME=value`. */
export const environmentOf = (pid: number): readonly string[] => readOf(pid, 'environ')?.split('\0') ?? []

/** Program and arguments of a process, or the title that it has given itself. */
export const commandLineOf = (pid: number): readonly string[] => readOf(pid, 'cmdline')?.split('\0') ?? []

/** Which start of the machine this is. */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return undefined
  }
}

/** Within which set of processes a pid names one. */
export function pidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return undefined
  }
}

/** Nothing when the process is gone, or is not to be looked into. */
function readOf(pid: number, file: 'stat' | 'environ' | 'cmdline'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}
