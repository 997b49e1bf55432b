import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Command, Processes } from './processes.js'

/** The path of a small program in `bench/programs`. */
export const program = (name: string): string => fileURLToPath(new URL(`programs/${name}`, import.meta.url))

export type Job = Readonly<Record<string, string | number | undefined>>

/** A program of the benchmark, by this Node or by Python. */
export function commandOf(name: string, job: Job, env: Readonly<Record<string, string>> = {}): Command {
  const interpreter = name.endsWith('.py') ? 'python3' : process.execPath
  return { program: interpreter, args: [program(name), JSON.stringify(job)], env }
}

/** Runs one of the small programs to its end; what it reports is the last line of its output. */
export async function runProgram(
  processes: Processes,
  name: string,
  job: Job = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await processes.run(commandOf(name, job, env))
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Readonly<Record<string, unknown>>
}
