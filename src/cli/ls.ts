import { askStatus } from '../control/client.js'
import type { Entry } from '../control/registry.js'
import { MillraceError } from '../errors.js'
import type { StatusReport } from '../model/status.js'
import { reachable } from './reach.js'
import { count, duration, table, unknown } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

interface Listed {
  readonly entry: Entry
  /** Absent: it lives, and gives no answer. */
  readonly report: StatusReport | undefined
}

/** `millrace ls`: the pipelines of this user on this machine. */
export async function ls(terminal: Terminal, json: boolean): Promise<void> {
  const asked = await Promise.all(reachable(terminal).map(look))
  const listed = asked.filter((found) => found !== undefined)
  if (json) printJson(terminal.stdout, listed.map(jsonOf))
  else if (listed.length === 0) printLine(terminal.stderr, 'no pipeline is running')
  else printLine(terminal.stdout, table([heading, ...listed.map(rowOf)]))
}

async function look(entry: Entry): Promise<Listed | undefined> {
  try {
    return { entry, report: await askStatus(entry) }
  } catch (thrown) {
    if (thrown instanceof MillraceError && thrown.code === 'not_running') return undefined
    return { entry, report: undefined }
  }
}

const heading = ['NAME', 'PID', 'STATE', 'UP', 'READ', 'DELIVERED', 'IN FLIGHT', 'STATE DIR']

function rowOf({ entry, report }: Listed): string[] {
  const { name, pid, stateDir } = entry
  if (!report) return [name, String(pid), 'no answer', unknown, unknown, unknown, unknown, stateDir]
  const { read, delivered, inFlight } = report.counters
  const numbers = [read, delivered, inFlight].map(count)
  return [name, String(pid), report.state, duration(report.uptimeSeconds), ...numbers, stateDir]
}

function jsonOf({ entry, report }: Listed): object {
  const { name, pid, stateDir, since, version, socket } = entry
  const { state = null, uptimeSeconds = null, counters = null } = report ?? {}
  return { name, pid, state, stateDir, since, version, socket, uptimeSeconds, counters }
}
