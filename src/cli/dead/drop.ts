import type { ChosenLetters } from '../../model/dead-letter.js'
import { plural } from '../table.js'
import { printJson, printLine } from '../terminal.js'
import { type DeadRequest, findDeadLetters } from './find.js'

/** `millrace dead drop`: forgets letters. */
export async function drop(chosen: ChosenLetters, request: DeadRequest, json: boolean): Promise<void> {
  const { stdout } = request.terminal
  const { letters, place } = await findDeadLetters(request)
  const dropped = await letters.drop(chosen)
  if (json) printJson(stdout, { dropped })
  else printLine(stdout, `${plural(dropped, 'dead letter')} ${place} dropped`)
}
