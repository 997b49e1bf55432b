import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { StatusReport } from '../src/model/status.js'
import { bin, type PipelineRun } from './pipeline-run.js'

/** What another `millrace …` prints, where the pipeline of `run` is the only one; rejects when that fails. */
export async function command(run: PipelineRun, ...args: readonly string[]): Promise<string> {
  const child = execFile(process.execPath, [bin, ...args], run.surroundings())
  const said = Promise.all([text(child.stdout!), text(child.stderr!)])
  const [code] = await once(child, 'close')
  const [stdout, stderr] = await said
  if (code !== 0) throw new Error(`${args.join(' ')} ended with exit code ${code}: ${stderr}`)
  return stdout
}

export const statusOf = async (run: PipelineRun): Promise<StatusReport> =>
  JSON.parse(await command(run, 'status', '--json'))

/** Asks until `condition` holds for what the pipeline says of itself. */
export async function statusUntil(
  run: PipelineRun,
  condition: (status: StatusReport) => boolean,
): Promise<StatusReport> {
  for (;;) {
    const status = await statusOf(run)
    if (condition(status)) return status
  }
}
