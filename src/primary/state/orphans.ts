import { realpathSync } from 'node:fs'
import process from 'node:process'
import { MillraceError, systemCodeOf } from '../../errors.js'
import { type Clock, systemClock } from '../../model/clock.js'
import { commandLineOf, environmentOf, hasProc, ownPids, processOf, type SeenProcess } from './proc.js'

/** The variable by which the children of one state folder are told from all other processes. */
export const CHILD_STATE_DIR = 'MILLRACE_CHILD_STATE_DIR'

/** Milliseconds that a killed process has to be gone. */
const DEADLINE_MS = 5000

/** Milliseconds between two looks whether it is. */
const LOOK_MS = 10

/**
 * What the environment of every child holds, so that the next primary finds those that outlive this one.
 *
 * @param stateDir must exist; nothing when the pipeline keeps no state. Then the mark is empty, and
 *   covers that of a pipeline further up, whose handler may have started this one
 */
export const childMark = (stateDir: string | undefined): Readonly<Record<string, string>> => ({
  [CHILD_STATE_DIR]: stateDir === undefined ? '' : realpathSync(stateDir),
})

/**
 * Kills the children of a dead primary of this state folder that still live: they work on records
 * that are about to be read again, and write where a new sender will. To be called with the lock in
 * hand and before anything is forked, so that none of them can be this primary's own.
 *
 * What a handler has started inherits the mark of its worker and is spared. Where there is no /proc
 * (macOS), none are found: there the reaper of the dead primary is all that ends them.
 *
 * @returns the pids of those that were killed; all of them are gone
 * @throws MillraceError `orphan_alive` when one is not gone 5 s after it was killed
 */
export async function endOrphans(stateDir: string, clock: Clock = systemClock): Promise<readonly number[]> {
  if (!hasProc()) return []
  const orphans = orphansOf(`${CHILD_STATE_DIR}=${realpathSync(stateDir)}`)
  // One kill for all before any wait: each of them may be writing.
  for (const orphan of orphans) kill(orphan)
  const deadline = clock.now() + DEADLINE_MS
  for (const orphan of orphans) {
    while (lives(orphan)) {
      if (clock.now() >= deadline) throw undying(orphan, stateDir)
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
    }
  }
  return orphans.map(({ pid }) => pid)
}

function orphansOf(mark: string): readonly SeenProcess[] {
  return ownPids().flatMap((pid) => {
    if (pid === process.pid) return []
    // Looked at first: what is killed in the end must be what had the mark.
    const seen = processOf(pid)
    if (!seen || seen.ended) return []
    return environmentOf(pid).includes(mark) && isChild(commandLineOf(pid)) ? [seen] : []
  })
}

/** A child of millrace's, by the program that every one is forked with, or by the title that it gives itself later. */
const isChild = (commandLine: readonly string[]) =>
  commandLine[0]?.startsWith('millrace ') || commandLine.some((word) => word.endsWith('child/main.js'))

/** Whether it is there, and not another process that was given its pid. */
function lives({ pid, startedAt }: SeenProcess): boolean {
  const seen = processOf(pid)
  return seen !== undefined && !seen.ended && seen.startedAt === startedAt
}

function kill(orphan: SeenProcess): void {
  if (!lives(orphan)) return
  try {
    process.kill(orphan.pid, 'SIGKILL')
  } catch (error) {
    // It has ended by itself. What may not be killed shows when the deadline passes.
    if (!['ESRCH', 'EPERM'].includes(systemCodeOf(error) ?? '')) throw error
  }
}

const undying = ({ pid }: SeenProcess, stateDir: string) =>
  new MillraceError(
    'orphan_alive',
    `process ${pid}, left by an earlier run on the state folder ${stateDir}, still lives ${DEADLINE_MS / 1000} s after it was killed, so nothing is started beside it; end it (a disk or network drive that does not answer may hold it), or name another folder with \`stateDir\` (--state-dir)`,
  )
