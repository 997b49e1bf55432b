import { hash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import type { Contender } from './contender.js'

/** The lines of an output, whatever their order. */
interface Lines {
  readonly count: number
  readonly digest: string
  readonly first: string | undefined
}

/**
 * Has every contender do the same few records, and compares what came out.
 *
 * @param pathFor makes a path for a contender's output
 * @throws Error that names a contender whose results are not those of the first
 */
export async function proveSameWork(
  contenders: readonly Contender[],
  pathFor: (name: string) => string,
): Promise<void> {
  let expected: { readonly name: string; readonly lines: Lines } | undefined
  for (const { name, prove } of contenders) {
    if (!prove) continue
    const output = pathFor('output')
    await prove(output)
    const lines = linesOf(existsSync(output) ? readFileSync(output, 'utf8') : '')
    rmSync(output, { force: true })
    expected ??= { name, lines }
    if (lines.count === 0) throw new Error(`${name} left no results`)
    if (lines.digest === expected.lines.digest) continue
    throw new Error(
      `${name} does not do the same work as ${expected.name}: ${tell(lines)}, and not ${tell(expected.lines)}`,
    )
  }
}

function linesOf(text: string): Lines {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  lines.sort()
  return { count: lines.length, digest: hash('sha256', lines.join('\n')), first: lines[0] }
}

const tell = ({ count, first }: Lines) => `${count} lines, the first ${JSON.stringify(first)}`
