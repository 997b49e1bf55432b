import { setTimeout as delay } from 'node:timers/promises'
import { askStop } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import { isAlive } from '../control/registry.js'
import { exitCode } from '../errors.js'
import type { Summary } from '../model/status.js'
import { reach } from './reach.js'
import { count } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace stop`: drains a pipeline, or ends it `now`, and waits for its end. Returns its exit code. */
export async function stop(
  wanted: Wanted & { readonly now?: boolean },
  terminal: Terminal,
  json: boolean,
): Promise<number> {
  const entry = reach(wanted, terminal)
  printLine(terminal.stderr, `stopping ${entry.name} (pid ${entry.pid})`)
  const summary = await askStop(entry, wanted.now)
  await untilGone(entry.pid)
  if (json) printJson(terminal.stdout, summary ?? null)
  else if (summary) printLine(terminal.stdout, accountOf(summary))
  else printLine(terminal.stderr, `${entry.name} has ended without an account`)
  return exitCodeOf(summary, wanted.now)
}

/** Whether it ended as it was asked to. Who asks for `now` wants what is in flight to be returned. */
function exitCodeOf(summary: Summary | undefined, now = false): number {
  if (!summary || summary.outcome === 'failed') return exitCode.failed
  return summary.returned > 0 && !now ? exitCode.returned : exitCode.ok
}

function accountOf(summary: Summary): string {
  const { name, outcome, read, delivered, dropped, deadLettered, returned, lost } = summary
  const parts = [
    `${count(delivered)} delivered`,
    `${count(dropped)} dropped`,
    `${count(deadLettered)} dead-lettered`,
    `${count(returned)} returned${lost > 0 ? ' (lost, because a live source cannot be read again)' : ''}`,
  ]
  return `${name} ${outcome}: ${count(read)} read = ${parts.join(' + ')}`
}

/** Milliseconds between looks, and looks: a process that nobody reaps never goes. */
const interval = 20
const looks = 250

/**
 * After its last answer a primary has only its output to flush. Nothing tells a stranger of a
 * process's end, so this looks, and not for long.
 */
async function untilGone(pid: number): Promise<void> {
  for (let look = 0; look < looks && pid !== process.pid && isAlive(pid); look++) await delay(interval)
}
