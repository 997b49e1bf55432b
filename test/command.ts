import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { millrace, type PipelineRun } from './pipeline-run.js'

/** What another `millrace …` prints, where the pipeline of `run` is the only one; rejects when that fails. */
export async function command(run: PipelineRun, ...args: readonly string[]): Promise<string> {
  const [program, first] = millrace()
  const child = execFile(program, [...first, ...args], run.surroundings())
  const said = Promise.all([text(child.stdout!), text(child.stderr!)])
  const [code] = await once(child, 'close')
  const [stdout, stderr] = await said
  if (code !== 0) throw new Error(`${args.join(' ')} ended with exit code ${code}: ${stderr}`)
  return stdout
}
