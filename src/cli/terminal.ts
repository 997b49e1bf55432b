import process from 'node:process'
import { processScreen, type Screen } from './screen.js'

/** Where a command reads its surroundings and writes its output. Handed in, so that tests need no terminal. */
export interface Terminal {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdinIsTTY: boolean
  readonly stdoutIsTTY: boolean
  /** What can be drawn on; undefined where stdout is no terminal. */
  readonly screen: Screen | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

export interface Output {
  /** False once its reader has gone away. */
  readonly writable?: boolean
  write(text: string): unknown
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process
  // A reader that went away (`millrace ls | head`) is no error of ours.
  for (const stream of [stdout, stderr]) stream.on('error', () => {})
  return {
    stdout,
    stderr,
    stdinIsTTY: stdin.isTTY === true,
    stdoutIsTTY: stdout.isTTY === true,
    screen: processScreen(),
    env,
    cwd: process.cwd(),
  }
}

/** Resolves when everything written so far is out, or can never be. */
export async function flush(): Promise<void> {
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write('', () => resolve())),
  )
  await Promise.all(written)
}

export const printLine = (output: Output, line: string): void => {
  output.write(`${line}\n`)
}

export const printJson = (output: Output, content: unknown): void => {
  output.write(`${JSON.stringify(content, null, 2)}\n`)
}
