import type { DeadLetter, DeadLetterHead } from '../model/dead-letter.js'

/*
 * The dead-letter file: NDJSON, appended to, never changed in place. A line is a letter
 *
 *   {"id":"count:7","value":7,"stage":"worker","attempts":5,"at":"…","error":{…}}
 *
 * or says which of the letters above it are there no longer: dropped, or replayed and settled.
 *
 *   {"gone":["count:7"],"at":"…"}
 *
 * Of two letters with one id the later counts: a crash may have written one twice, and a replayed
 * record may have been given up again.
 */
export type Entry = { readonly letter: DeadLetter } | { readonly gone: readonly string[] }

export const letterLine = (letter: DeadLetter): string => `${JSON.stringify(letter)}\n`

export const goneLine = (gone: readonly string[], at: Date): string => `${JSON.stringify({ gone, at })}\n`

/**
 * What a line says; undefined for what is no entry, such as half a line, which a crash in the middle
 * of a write leaves.
 */
export function entryOf(line: string): Entry | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined
  if (isLetter(parsed)) return { letter: parsed }
  if (!('gone' in parsed) || !Array.isArray(parsed.gone)) return undefined
  return { gone: parsed.gone.filter((id) => typeof id === 'string') }
}

/** Whether a file that begins so can be one of dead letters. An empty one can. */
export const beginsLikeOurs = (head: string): boolean =>
  ['{"id":', '{"gone":'].some((start) => start.startsWith(head.slice(0, start.length)))

/** Bytes of a file's beginning that {@link beginsLikeOurs} needs. */
export const headLength = 8

/** A letter as it stands in a list. */
export const headOf = ({ id, stage, attempts, at, key, error }: DeadLetter): DeadLetterHead => ({
  id,
  ...(key !== undefined && { key }),
  stage,
  attempts,
  at,
  error: { name: error.name, message: error.message },
})

const stages: readonly unknown[] = ['writer', 'worker', 'sender'] satisfies DeadLetter['stage'][]

function isLetter(parsed: object): parsed is DeadLetter {
  const { id, stage, attempts, at, error } = parsed as Readonly<Record<string, unknown>>
  if (typeof id !== 'string' || typeof attempts !== 'number' || typeof at !== 'string') return false
  if (!stages.includes(stage) || typeof error !== 'object' || error === null) return false
  const { name, message } = error as Readonly<Record<string, unknown>>
  return typeof name === 'string' && typeof message === 'string'
}
