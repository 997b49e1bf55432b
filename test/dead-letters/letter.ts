import { appendFileSync, readFileSync } from 'node:fs'
import type { DeadLetter } from '../../src/model/dead-letter.js'

/** A letter as a failing handler leaves it. */
export const letter = (id: string, more: Partial<DeadLetter> = {}): DeadLetter => ({
  id,
  value: `the value of ${id}`,
  stage: 'worker',
  attempts: 5,
  at: '2026-01-01T00:00:00.000Z',
  error: { name: 'Error', message: 'no' },
  ...more,
})

/** Writes lines as an earlier run has. */
export const write = (path: string, ...lines: readonly (object | string)[]): void =>
  appendFileSync(
    path,
    lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join(''),
  )

export const idsOf = async (letters: AsyncIterable<{ readonly id: string }>): Promise<string[]> => {
  const ids: string[] = []
  for await (const { id } of letters) ids.push(id)
  return ids
}

/** What the lines of a file are about: the ids of letters, and of those that are gone. */
export const linesIn = (path: string): (string | string[])[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .map(({ id, gone }) => id ?? gone)
