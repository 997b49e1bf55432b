import type { Exit } from '../../model/status.js'

/** Why we kill a process. */
export interface Kill {
  /** As a phrase that goes on from `killed: `. */
  readonly reason: string
  /** Whether that is because of the memory it has. Default: false. */
  readonly outOfMemory?: boolean
}

/** What is known of how a process ended. */
export interface ExitFacts extends Pick<Exit, 'code' | 'signal'> {
  /** Why it was asked to end, if it was. */
  readonly asked: string | undefined
  /** Why nobody knows how it ended, as a phrase that goes on from `lost: `. */
  readonly lost?: string | undefined
  /** Why we killed it, if we did. */
  readonly kill: Kill | undefined
  /** V8 has said on stderr that it has no memory left. */
  readonly saidOutOfMemory: boolean
  /** Looked at for a SIGKILL that is not ours. */
  killedByKernel(): boolean
}

/** What V8 does when something cannot be: it aborts or traps; a shell in between makes an exit code of it. */
const crashSignals: readonly unknown[] = ['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV', 'SIGBUS']
const crashCodes: readonly unknown[] = [132, 133, 134, 135, 139]

/** Whether a process ended by a fault of its own program, or of V8. */
export const wasCrash = ({ code, signal }: Pick<Exit, 'code' | 'signal'>): boolean =>
  crashSignals.includes(signal) || crashCodes.includes(code)

/** What V8 writes before it gives up. */
const OUT_OF_MEMORY = /^FATAL ERROR: .*\bout of memory\b|^# Fatal (?:process|JavaScript) out of memory\b/

export const saysOutOfMemory = (line: string): boolean => OUT_OF_MEMORY.test(line)

/** Why a process ended, as a phrase. */
export function verdictOnExit(facts: ExitFacts): Pick<Exit, 'reason' | 'outOfMemory'> {
  const { code, signal, kill, asked, lost } = facts
  if (lost !== undefined) return { reason: `lost: ${lost}`, outOfMemory: false }
  if (signal === 'SIGKILL' && kill) {
    return { reason: `killed: ${kill.reason}`, outOfMemory: kill.outOfMemory ?? false }
  }
  if (facts.saidOutOfMemory && wasCrash(facts)) {
    return { reason: 'out of memory: V8 heap limit', outOfMemory: true }
  }
  if (signal === 'SIGKILL' && facts.killedByKernel()) {
    return { reason: 'killed by the kernel for lack of memory', outOfMemory: true }
  }
  if (code === 0 && asked !== undefined) return { reason: asked, outOfMemory: false }
  return { reason: signal ? `killed by ${signal}` : `exit code ${code}`, outOfMemory: false }
}

/** Lines and characters of what a process said last. */
const MOST_LINES = 20
const MOST_CHARACTERS = 4096

/** The end of what a process said; a long line is cut at its front. */
export function lastOf(lines: readonly string[]): string[] {
  const last: string[] = []
  let room = MOST_CHARACTERS
  for (const line of lines.slice(-MOST_LINES).reverse()) {
    if (room <= 0) break
    last.push(line.length > room ? `…${line.slice(line.length - room + 1)}` : line)
    room -= line.length
  }
  return last.reverse()
}
