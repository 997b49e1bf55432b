import { appendFileSync, lstatSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configFilesIn } from '../config/load-file.js'
import { makeFolders } from '../config/make-folders.js'
import { MillraceError, messageOf } from '../errors.js'

/** A file to make in a folder. */
export interface NewFile {
  readonly name: string
  readonly text: string
}

/**
 * Makes files, all or none, in a folder that is made if it is not there; and has git ignore `ignored` there.
 *
 * @returns whether `.gitignore` was made or changed, if it was
 * @throws MillraceError `bad_usage` when something is in the way
 */
export function makeFiles(
  folder: string,
  files: readonly NewFile[],
  ignored: string,
): 'made' | 'changed' | undefined {
  /** What is taken back if not all can be made. */
  const made: string[] = []
  try {
    const firstFolder = makeFolders(folder)
    if (firstFolder !== undefined) made.push(firstFolder)
    for (const { name, text } of files) {
      const path = join(folder, name)
      // Refused if somebody else has made it meanwhile; once it is there, it is ours.
      writeFileSync(path, '', { flag: 'wx' })
      made.push(path)
      writeFileSync(path, text)
    }
    return ignore(folder, ignored)
  } catch (cause) {
    for (const path of made) rmSync(path, { recursive: true, force: true })
    throw notWritten(folder, cause)
  }
}

/**
 * Refuses a folder that has one of these files, or a configuration of another name, which a run would find
 * as well.
 *
 * @throws MillraceError `bad_usage` that names all of them
 */
export function refuseFilesIn(folder: string, names: readonly string[]): void {
  const present = presentIn(folder, names)
  if (present.length === 0) return
  const paths = present.map((name) => join(folder, name)).join(' and ')
  const [are, them] = present.length === 1 ? ['is', 'it'] : ['are', 'them']
  throw new MillraceError(
    'bad_usage',
    `${paths} ${are} there already, and nothing is written over; move ${them} away, or name another folder: millrace init DIR`,
  )
}

function presentIn(folder: string, names: readonly string[]): string[] {
  try {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (!found) return []
    if (!found.isDirectory()) throw new Error('it is a file')
    // Also a link that leads nowhere is in the way.
    const isThere = (name: string) => lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined
    return [...new Set([...configFilesIn(folder), ...names.filter(isThere)])]
  } catch (cause) {
    throw notWritten(folder, cause)
  }
}

/** Adds a folder to `.gitignore`, unless it is in there. */
function ignore(folder: string, ignored: string): 'made' | 'changed' | undefined {
  const path = join(folder, '.gitignore')
  const found = statSync(path, { throwIfNoEntry: false })
  const before = found ? readFileSync(path, 'utf8') : ''
  const entries = before.split('\n').map((line) => line.trim().replace(/^\/|\/$/g, ''))
  if (entries.includes(ignored.replace(/\/$/, ''))) return undefined
  const lineEnd = before === '' || before.endsWith('\n') ? '' : '\n'
  appendFileSync(path, `${lineEnd}${ignored}\n`)
  return found ? 'changed' : 'made'
}

const notWritten = (folder: string, cause: unknown) =>
  new MillraceError(
    'bad_usage',
    `${folder} cannot be given a pipeline: ${messageOf(cause)}; name another folder: millrace init DIR`,
    { cause },
  )
