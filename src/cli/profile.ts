import { accessSync, constants, existsSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { askProfile, askStatus } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import { MillraceError, messageOf } from '../errors.js'
import { LONGEST_PROFILE } from '../model/inspection.js'
import { inOneLine } from './dead/text.js'
import { type Hot, hottestIn } from './hottest.js'
import { askOf } from './process-of.js'
import { reach } from './reach.js'
import { table } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

export interface ProfileCommand extends Wanted {
  readonly target: string
  /** As written. */
  readonly seconds: string
  readonly out?: string | undefined
}

/** Functions that are printed. */
const MOST = 10

/** `millrace profile`: what a process spends its time on, as a file, and the most of it on the terminal. */
export async function profile(command: ProfileCommand, terminal: Terminal, json: boolean): Promise<void> {
  const { target } = command
  const seconds = secondsIn(command.seconds)
  const { file, content } = await askOf(command, terminal, 'millrace profile worker:1', () =>
    take(command, seconds, terminal),
  )
  keep(file, content)
  const found = hottestIn(content.toString(), MOST)
  if (json) {
    printJson(terminal.stdout, { process: target, file, ...found })
    return
  }
  const { cwd } = terminal
  printLine(terminal.stdout, `${target}, ${found.seconds.toFixed(1)} s: ${relative(cwd, file) || file}`)
  printLine(terminal.stdout, table([heading, ...found.functions.map((hot) => rowOf(hot, cwd))]))
}

async function take(
  command: ProfileCommand,
  seconds: number,
  terminal: Terminal,
): Promise<{ readonly file: string; readonly content: Buffer }> {
  const { target } = command
  const entry = reach(command, terminal)
  // Before anybody waits for a profile that has no place to go.
  const file = placeFor(command.out, `${entry.name}-${target.replace(/[^\w-]/g, '-')}`, terminal.cwd)
  const { processes } = await askStatus(entry)
  // What is not there is refused in a moment.
  if (target === 'primary' || processes.some(({ id }) => id === target))
    printLine(terminal.stderr, `watching ${target} of ${entry.name} for ${seconds} s`)
  return { file, content: await askProfile(entry, target, seconds) }
}

function secondsIn(text: string): number {
  const seconds = Number(text)
  if (text.trim() !== '' && seconds > 0 && seconds <= LONGEST_PROFILE) return seconds
  const message = `\`--seconds ${text}\` must be a number above 0, and ${LONGEST_PROFILE} at the most`
  throw new MillraceError('bad_usage', message)
}

/** Nothing is ever written over. */
function placeFor(out: string | undefined, name: string, cwd: string): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const file = resolve(cwd, out ?? freeName(`${name}-${time}`, cwd))
  if (existsSync(file)) throw notWritten(file, 'it is there already, and is not written over')
  try {
    accessSync(dirname(file), constants.W_OK)
  } catch (cause) {
    throw notWritten(file, messageOf(cause))
  }
  return file
}

function freeName(name: string, cwd: string): string {
  for (let number = 1; ; number++) {
    const file = `${name}${number === 1 ? '' : `-${number}`}.cpuprofile`
    if (!existsSync(resolve(cwd, file))) return file
  }
}

function keep(file: string, content: Buffer): void {
  try {
    writeFileSync(file, content, { flag: 'wx' })
  } catch (cause) {
    throw notWritten(file, messageOf(cause))
  }
}

const notWritten = (file: string, why: string) =>
  new MillraceError(
    'bad_usage',
    `the profile cannot be written to ${file}: ${why}; name another file with --out`,
  )

const heading = ['SELF', 'FUNCTION', 'WHERE']

const rowOf = ({ name, where, self }: Hot, cwd: string): string[] => [
  `${(self * 100).toFixed(1)}%`,
  inOneLine(name, 60),
  inOneLine(pathOf(where, cwd)),
]

/** A file by its path, from here if it is below. */
function pathOf(where: string, cwd: string): string {
  if (!where.startsWith('file:')) return where
  const path = fileURLToPath(where)
  const here = relative(cwd, path)
  return here.startsWith('..') ? path : here
}
