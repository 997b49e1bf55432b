import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Checkpoint } from '../src/primary/state/checkpoint.js'
import { readCheckpoint } from '../src/primary/state/checkpoint-file.js'
import { resultOf } from './behaviour.js'
import type { Life } from './life.js'
import type { Stage } from './stage.js'
import type { Delivery, Letter } from './verdict/observed.js'

/** What a trial left behind in its output. */
export interface Output {
  readonly deliveries: readonly Delivery[]
  readonly strange: readonly string[]
}

export function readOutput({ output, scenario }: Stage): Output {
  const lines = linesOf(output)
  const deliveries: Delivery[] = []
  const strange: string[] = []
  for (const line of lines) {
    const delivery = scenario.sink === 'file' ? resultIn(line, scenario.bytes) : entryIn(line, scenario.bytes)
    if (delivery) deliveries.push(delivery)
    // A sender that is killed while it writes leaves half a line, which was never confirmed.
    else if (scenario.sink === 'file' || delivery === undefined) strange.push(line.slice(0, 60))
  }
  return { deliveries, strange }
}

/** The checkpoint that each primary began with. */
export async function readCheckpoints(lives: readonly Life[]): Promise<ReadonlyMap<number, Checkpoint>> {
  const found = new Map<number, Checkpoint>()
  for (const { number, checkpoint: folder } of lives) {
    const checkpoint = folder === undefined ? undefined : await readCheckpoint(folder)
    if (checkpoint) found.set(number, checkpoint)
  }
  return found
}

/** Dead letters, once a record. */
export function readLetters({ stateDir }: Stage): readonly Letter[] {
  const letters = new Map<number, Letter>()
  for (const line of linesOf(join(stateDir, 'dead-letters.ndjson'))) {
    const letter = letterIn(line)
    if (letter) letters.set(letter.number, letter)
  }
  return [...letters.values()]
}

/** A result, if the line is one, unchanged. */
function resultIn(text: string, bytes: number): Delivery | undefined {
  const [, number, part] = /^(\d+)\.(\d+) /.exec(text) ?? []
  if (number === undefined || part === undefined) return undefined
  const intact = text === resultOf(Number(number), Number(part), bytes)
  return intact ? { number: Number(number), part: Number(part) } : undefined
}

/** An entry of the log: null when it is torn, undefined when it is whole and no result. */
function entryIn(line: string, bytes: number): Delivery | null | undefined {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    return null
  }
  if (!Array.isArray(entry)) return undefined
  const [sender, id, value] = entry as readonly unknown[]
  const delivery = typeof value === 'string' ? resultIn(value, bytes) : undefined
  return delivery && { ...delivery, by: { sender: Number(sender), id: String(id) } }
}

/** A letter; one that was torn by a full disk or a kill was not kept, and is written again. */
function letterIn(line: string): Letter | undefined {
  try {
    const { value, error } = JSON.parse(line) as { value?: unknown; error?: { message?: unknown } }
    return { number: Number.parseInt(String(value), 10), cause: String(error?.message) }
  } catch {
    return undefined
  }
}

/** A folder whose disk was full may have no output at all. */
const linesOf = (path: string): readonly string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
