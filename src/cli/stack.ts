import { askStack } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import type { StackReport } from '../model/inspection.js'
import { inOneLine } from './dead/text.js'
import { askOf } from './process-of.js'
import { reach } from './reach.js'
import { duration, plural } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace stack`: where a process is at this moment. */
export async function stack(
  request: Wanted & { readonly target: string },
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  const report = await askOf(request, terminal, 'millrace stack worker:1', async () =>
    askStack(reach(request, terminal), request.target),
  )
  if (json) printJson(terminal.stdout, report)
  else printLine(terminal.stdout, stackText(report))
}

/** Characters of a record's id, or of a frame. */
const LONGEST = 500

/** A process at one moment, as lines. */
export function stackText(report: StackReport): string {
  const { process, pid, state, stack, record, inHand, heldSeconds } = report
  const held = heldSeconds === null ? [] : [`the oldest for ${duration(heldSeconds)}`]
  const hand = inHand === 0 ? [] : [`${plural(inHand, 'record')} in hand`, ...held]
  const facts = [`${process} (pid ${pid}) is ${state}`, ...hand]
  const current = record === null ? [] : [`in the handler of ${inOneLine(record, LONGEST)}`]
  const frames = stack.map((frame) => `    ${inOneLine(frame, LONGEST)}`)
  const nothing = '    (it waits for something to happen: no JavaScript runs)'
  return [
    facts.join(', '),
    ...(current.length > 0 ? current : atWork(report.atWork)),
    ...(frames.length > 0 ? frames : [nothing]),
  ].join('\n')
}

function atWork({ count, ids }: StackReport['atWork']): string[] {
  if (count === 0) return []
  const rest = count > ids.length ? ` and ${count - ids.length} more` : ''
  return [`at work on ${ids.map((id) => inOneLine(id, LONGEST)).join(', ')}${rest}`]
}
