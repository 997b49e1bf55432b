import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two looks at something that tells nobody when it changes. */
const INTERVAL = 20

/** Looks until `condition` holds; false when it does not within `limit` milliseconds. */
export async function eventually(condition: () => boolean, limit: number): Promise<boolean> {
  const end = performance.now() + limit
  while (!condition()) {
    if (performance.now() > end) return false
    await sleep(INTERVAL)
  }
  return true
}

/** Whether a process runs. One that has ended and was not waited for yet does not. */
export function isRunning(pid: number): boolean {
  const state = ps('stat=', pid).trim()
  return state !== '' && !state.startsWith('Z')
}

/** Bytes of resident memory; 0 when the process is gone. */
export const residentBytes = (pid: number): number => Number(ps('rss=', pid)) * 1024

/** The pids of a process's children. */
export function childrenOf(parent: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number))
  return pairs.flatMap(([pid, ppid]) => (ppid === parent ? [pid!] : []))
}

/** `ps` ends with an error when there is no such process. */
function ps(field: string, pid: number): string {
  try {
    return execFileSync('ps', ['-o', field, '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
