import { relative, resolve } from 'node:path'
import process from 'node:process'
import { type TypeScriptLoader, typeScriptHere } from '../config/import-module.js'
import { makeFiles, refuseFilesIn } from './new-files.js'
import { canImportMillrace, output, type StarterFile, starterFiles } from './starter.js'
import { table } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

export interface InitRequest {
  /** As written. */
  readonly dir: string | undefined
  readonly typescript: boolean
}

/** Where pipelines keep their state, for git. */
const state = '.millrace/'

/** `millrace init`: makes a pipeline to start from, and says what to type next. */
export async function init(
  { dir = '.', typescript }: InitRequest,
  terminal: Terminal,
  json: boolean,
  loader: TypeScriptLoader = typeScriptHere,
): Promise<void> {
  const { cwd, stdout } = terminal
  const folder = resolve(cwd, dir)
  const files = starterFiles(folder, typescript)
  const names = files.map(({ name }) => name)
  // The first run would empty a file that its results go to.
  refuseFilesIn(folder, [...names, output])
  const gitignore = makeFiles(folder, files, state)
  if (json) {
    const inList = (what: typeof gitignore) => (gitignore === what ? ['.gitignore'] : [])
    printJson(stdout, { folder, made: [...names, ...inList('made')], changed: inList('changed') })
    return
  }
  const needsTsx = typescript && !loader.native && !(await canLoadTsx(loader))
  const paragraphs = [
    [`made in ${folder}:`, indented(rowsOf(files, gitignore !== undefined))],
    ['next:', indented(nextSteps(relative(cwd, folder), needsTsx))],
    notesOn(folder, typescript),
  ]
  printLine(stdout, paragraphs.map((lines) => lines.join('\n')).join('\n\n'))
}

const canLoadTsx = (loader: TypeScriptLoader): Promise<boolean> =>
  loader.loadTsx().then(
    () => true,
    () => false,
  )

function rowsOf(files: readonly StarterFile[], ignored: boolean): string[][] {
  const rows = files.map(({ name, about }) => [name, about])
  return ignored ? [...rows, ['.gitignore', `has ${state}, where pipelines keep their state`]] : rows
}

const nextSteps = (path: string, needsTsx: boolean): string[][] => [
  ...(path === '' ? [] : [[`cd ${asWord(path)}`]]),
  ...(needsTsx ? [['npm install tsx', `with which Node ${process.versions.node} loads TypeScript`]] : []),
  ['npx millrace run', `runs it; the results are in ${output}`],
]

const notesOn = (folder: string, typescript: boolean): string[] => [
  'The next run goes on where the last has ended: add lines to input.txt, or begin anew with --fresh.',
  ...(typescript ? ['TypeScript needs Node 22.18 or newer, or the package tsx.'] : []),
  ...(canImportMillrace(folder)
    ? []
    : ['millrace is not installed here, so the configuration does without its `defineConfig`.']),
]

const indented = (rows: readonly (readonly string[])[]): string => table(rows).replace(/^/gm, '  ')

/** A path as one word of a shell. */
const asWord = (path: string): string =>
  /^[\w./+@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
