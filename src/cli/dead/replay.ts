import { askStatus } from '../../control/client.js'
import type { Entry } from '../../control/registry.js'
import { exitCode } from '../../errors.js'
import type { ChosenLetters } from '../../model/dead-letter.js'
import { plural } from '../table.js'
import { printJson, printLine } from '../terminal.js'
import { type DeadRequest, findDeadLetters } from './find.js'
import { inOneLine } from './text.js'

/** `millrace dead replay`: handles records again. Returns the exit code: not 0 when one that was named is refused. */
export async function replay(chosen: ChosenLetters, request: DeadRequest, json: boolean): Promise<number> {
  const { stdout, stderr } = request.terminal
  const { letters, place, running } = await findDeadLetters(request)
  // Before, for it may end meanwhile.
  const when = await whenHandled(running)
  const { accepted, refused } = await letters.replay(chosen)
  for (const { id, why } of refused) printLine(stderr, `${inOneLine(id)} is not handled again: ${why}`)
  if (json) printJson(stdout, { accepted, refused, running: running !== undefined })
  else printLine(stdout, `${plural(accepted, 'record')} of the dead letters ${place} handled again ${when}`)
  return chosen !== 'all' && refused.length > 0 ? exitCode.failed : exitCode.ok
}

async function whenHandled(running: Entry | undefined): Promise<string> {
  if (!running) return 'when the pipeline is started the next time'
  const { state, name } = await askStatus(running)
  return state === 'paused' ? `as soon as it is resumed: \`millrace resume ${name}\`` : 'now'
}
