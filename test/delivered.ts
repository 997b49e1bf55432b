import type { DeadLetter } from '../src/model/dead-letter.js'
import { linesIn } from './pipeline-run.js'

/** The lines of a file, as numbers, the least first. */
export const sortedNumbersIn = (path: string): number[] =>
  linesIn(path)
    .map(Number)
    .sort((a, b) => a - b)

export const lettersIn = (path: string): DeadLetter[] => linesIn(path).map((line) => JSON.parse(line))

/** 0 … `count` - 1, but for some. */
export function upTo(count: number, without: readonly number[] = []): number[] {
  const missing = new Set(without)
  return Array.from({ length: count }, (_, number) => number).filter((number) => !missing.has(number))
}
