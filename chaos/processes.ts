import { readFileSync } from 'node:fs'
import process from 'node:process'
import { systemCodeOf } from '../src/errors.js'
import { commandLineOf, environmentOf, ownPids, processOf } from '../src/primary/state/proc.js'

/** Every living process with this entry in its environment. */
export const markedPids = (mark: string): readonly number[] => ownPids().filter((pid) => isMarked(pid, mark))

/** A pid may have been given to somebody else since we heard of it: only the trial's own processes are touched. */
export function isMarked(pid: number, mark: string): boolean {
  return pid !== process.pid && processOf(pid)?.ended === false && environmentOf(pid).includes(mark)
}

/** Whether the process was there to get it. */
export function sendSignal(pid: number, signal: NodeJS.Signals, mark: string): boolean {
  if (!isMarked(pid, mark)) return false
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (systemCodeOf(error) === 'ESRCH') return false
    throw error
  }
}

/** The reaper of a primary. */
export const reaperOf = (primary: number, mark: string): number | undefined =>
  markedPids(mark).find((pid) => commandLineOf(pid).includes('millrace-reaper') && parentOf(pid) === primary)

/** Bytes of resident memory; undefined when the process is gone. */
export function residentBytes(pid: number): number | undefined {
  const kilobytes = statusField(pid, 'VmRSS')
  return kilobytes === undefined ? undefined : kilobytes * 1024
}

const parentOf = (pid: number): number | undefined => statusField(pid, 'PPid')

function statusField(pid: number, name: string): number | undefined {
  try {
    const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return found ? Number(found[1]) : undefined
  } catch {
    return undefined
  }
}
