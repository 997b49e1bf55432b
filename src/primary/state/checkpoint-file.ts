import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ErrorCode, MillraceError, messageOf, systemCodeOf } from '../../errors.js'
import { type Checkpoint, checkpointOf } from './checkpoint.js'
import { removeDurably, writeDurably } from './durable-file.js'
import { unwritable } from './state-dir.js'

/*
 * The file `checkpoint.json`, one field a line:
 *
 *   {
 *     "schema": 1,
 *     "sha256": hexadecimal, of the checkpoint as JSON without white space,
 *     "checkpoint": { … }
 *   }
 */

const schema = 1

/** The file in which a state folder has its checkpoint. */
export const checkpointPath = (stateDir: string): string => join(stateDir, 'checkpoint.json')

/**
 * The checkpoint of a state folder, or nothing when it has none. Any other trouble is an error:
 * beginning again in silence would do everything twice.
 *
 * @throws MillraceError `checkpoint_damaged`, `checkpoint_newer`, `state_unwritable`
 */
export async function readCheckpoint(stateDir: string): Promise<Checkpoint | undefined> {
  const path = checkpointPath(stateDir)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return undefined
    throw new MillraceError(
      'state_unwritable',
      `the checkpoint ${path} cannot be read: ${messageOf(cause)}; give the user that runs millrace access to it, or name another folder with \`stateDir\` (--state-dir)`,
      { cause },
    )
  }
  return parseCheckpoint(text, path)
}

/**
 * Puts a checkpoint in the place of the one before, whole or not at all. When this returns, it is durable.
 *
 * @throws MillraceError `state_unwritable`
 * @throws ShapeError when it could not be read back, which is a bug of the caller's
 */
export async function writeCheckpoint(stateDir: string, checkpoint: Checkpoint): Promise<void> {
  const text = formatCheckpoint(checkpointOf(checkpoint))
  await writeDurably(checkpointPath(stateDir), text).catch((cause: unknown) => {
    throw unwritable(stateDir, cause)
  })
}

/**
 * Removes the checkpoint, if there is one, durably.
 *
 * @throws MillraceError `state_unwritable`
 */
export async function removeCheckpoint(stateDir: string): Promise<void> {
  await removeDurably(checkpointPath(stateDir)).catch((cause: unknown) => {
    throw unwritable(stateDir, cause)
  })
}

/** What a pipeline reads from and delivers to, by `identityOf`. */
export interface Ends {
  readonly source: string
  readonly sink: string
}

/**
 * Refuses to resume from what another pipeline has left: its positions mean nothing for this source,
 * and what it has settled is not in this sink.
 *
 * @param path of the checkpoint's file
 * @throws MillraceError `checkpoint_foreign`
 */
export function refuseForeign(checkpoint: Checkpoint, { source, sink }: Ends, path: string): void {
  const other = [
    ...differing('source', checkpoint.source.identity, source),
    ...differing('sink', checkpoint.sink.identity, sink),
  ]
  if (other.length > 0) {
    const what = `${path} belongs to another pipeline: ${other.join(', ')}`
    throw refused('checkpoint_foreign', what, 'give this one another name (--name)')
  }
}

const differing = (end: keyof Ends, its: string, here: string): string[] =>
  its === here ? [] : [`its ${end} is \`${its}\` and here it is \`${here}\``]

function formatCheckpoint(checkpoint: Checkpoint): string {
  const fields = Object.entries(checkpoint).map(([name, value]) => `    "${name}": ${JSON.stringify(value)}`)
  return [
    '{',
    `  "schema": ${schema},`,
    `  "sha256": "${checksumOf(checkpoint)}",`,
    '  "checkpoint": {',
    fields.join(',\n'),
    '  }',
    '}\n',
  ].join('\n')
}

function parseCheckpoint(text: string, path: string): Checkpoint {
  const damaged = (why: string, cause?: unknown) =>
    refused('checkpoint_damaged', `${path} is damaged: ${why}`, 'restore it from a copy', cause)
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (cause) {
    throw damaged(text === '' ? 'it is empty' : 'it is not JSON', cause)
  }
  if (!isEnvelope(file)) throw damaged('it has no schema')
  if (file.schema !== schema) {
    const what = `${path} has schema ${file.schema}, and this version of millrace knows ${schema}`
    throw refused('checkpoint_newer', what, 'go back to the version that wrote it')
  }
  if (file.sha256 !== checksumOf(file.checkpoint)) throw damaged('its checksum is not that of its content')
  try {
    return checkpointOf(file.checkpoint)
  } catch (cause) {
    throw damaged(messageOf(cause), cause)
  }
}

interface Envelope {
  readonly schema: number
  readonly sha256?: unknown
  readonly checkpoint?: unknown
}

const isEnvelope = (file: unknown): file is Envelope =>
  typeof file === 'object' && file !== null && 'schema' in file && Number.isSafeInteger(file.schema)

/** JSON keeps the order of fields, so what was parsed is written as it was. */
const checksumOf = (content: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(content) ?? '')
    .digest('hex')

const refused = (code: ErrorCode, what: string, fix: string, cause?: unknown): MillraceError =>
  new MillraceError(
    code,
    `the checkpoint ${what}; ${fix}, or name another \`stateDir\` (--state-dir), or run once with \`--fresh\` to ignore it and begin again`,
    { cause },
  )
