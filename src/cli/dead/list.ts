import type { DeadLetterHead } from '../../model/dead-letter.js'
import { count, table } from '../table.js'
import { printLine } from '../terminal.js'
import { type DeadRequest, findDeadLetters } from './find.js'
import { inOneLine } from './text.js'

/** Rows of a table; the next has a heading of its own. Any number of letters can be listed. */
const page = 1000

/** Characters of an error's message. */
const mostOfMessage = 100

/** `millrace dead list`: what was given up, when and why. */
export async function list(request: DeadRequest, json: boolean): Promise<void> {
  const { stdout, stderr } = request.terminal
  const { letters, place } = await findDeadLetters(request)
  let rows: string[][] = []
  let listed = 0
  const print = () => {
    printLine(stdout, table([heading, ...rows]))
    rows = []
  }
  for await (const head of letters.list()) {
    listed++
    if (json) printLine(stdout, JSON.stringify(head))
    else if (rows.push(rowOf(head)) === page) print()
  }
  if (rows.length > 0) print()
  if (listed === 0) printLine(stderr, `there are no dead letters ${place}`)
}

const heading = ['ID', 'WHEN', 'STAGE', 'ATTEMPTS', 'ERROR']

const rowOf = ({ id, at, stage, attempts, error }: DeadLetterHead): string[] => [
  inOneLine(id),
  inOneLine(at),
  stage,
  count(attempts),
  `${inOneLine(error.name)}: ${inOneLine(error.message, mostOfMessage)}`,
]
