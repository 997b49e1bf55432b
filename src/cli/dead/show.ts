import { inspect } from 'node:util'
import { hasValue, valueIn } from '../../dead-letters/letters.js'
import type { DeadLetter } from '../../model/dead-letter.js'
import { count, table } from '../table.js'
import { printJson, printLine } from '../terminal.js'
import { type DeadRequest, findDeadLetters } from './find.js'
import { inOneLine, printable } from './text.js'

/** `millrace dead show`: everything that is known of one record given up on. */
export async function show(id: string, request: DeadRequest, json: boolean): Promise<void> {
  const { stdout } = request.terminal
  const { letters } = await findDeadLetters(request)
  const letter = await letters.show(id)
  if (json) printJson(stdout, letter)
  else printLine(stdout, describe(letter))
}

function describe(letter: DeadLetter): string {
  const { id, at, stage, attempts, error, key, headers = {} } = letter
  const facts = [
    ['id', id],
    ['when', at],
    ['stage', stage],
    ['attempts', count(attempts)],
    ...(key === undefined ? [] : [['key', key]]),
    ...Object.entries(headers).map(([name, text]) => [`header ${name}`, text]),
    ['error', `${error.name}: ${error.message}`],
  ]
  const parts = [
    table(facts.map((row) => row.map((cell) => inOneLine(cell)))),
    `value\n${hasValue(letter) ? valueText(letter) : 'none: the writer could not hand the record on'}`,
    ...(error.stack ? [`stack\n${error.stack}`] : []),
  ]
  return printable(parts.join('\n\n'))
}

/** JSON where that says all; otherwise what Node shows of it: a date, a map, bytes. */
function valueText(letter: DeadLetter): string {
  const value = valueIn(letter)
  if (letter.valueMsgpack === undefined) return JSON.stringify(value, null, 2)
  return inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null })
}
