import { statSync } from 'node:fs'
import { MillraceError } from '../errors.js'
import type { EndpointRef, LetterPlace } from './config.js'

/**
 * Refuses to write results over the file that the records are read from, by whatever name.
 *
 * @throws MillraceError `connector_option`
 */
export function refuseSameFile(writer: EndpointRef, sender: EndpointRef | undefined): void {
  const source = fileOf(writer)
  if (!isSame(source, fileOf(sender))) return
  throw new MillraceError(
    'connector_option',
    `the results would be written over their own source, ${source}; choose another file for \`sender\``,
  )
}

/**
 * Refuses to keep dead letters in the file that is read from, or that results are written to.
 *
 * @throws MillraceError `connector_option`
 */
export function refuseSharedLetters(
  letters: LetterPlace,
  writer: EndpointRef,
  sender: EndpointRef | undefined,
): void {
  if (!('file' in letters)) return
  const { file } = letters
  const what = isSame(file, fileOf(writer))
    ? 'the source'
    : isSame(file, fileOf(sender))
      ? 'the sink'
      : undefined
  if (!what) return
  throw new MillraceError(
    'connector_option',
    `dead letters would be written into ${what}, ${file}; choose another file for \`deadLetter.to\``,
  )
}

/** Whether two paths lead to one file. */
function isSame(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return false
  if (one === other) return true
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }))
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
}

const fileOf = (endpoint: EndpointRef | undefined): string | undefined =>
  endpoint && 'connector' in endpoint && endpoint.connector.scheme === 'file'
    ? endpoint.connector.target
    : undefined
