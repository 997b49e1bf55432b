import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { StatusReport } from '../src/model/status.js'
import { bin, type PipelineRun } from './pipeline-run.js'

const execute = promisify(execFile)

/** Asks a pipeline, the only one of its folder, until `condition` holds for what it says of itself. */
export async function statusUntil(
  run: PipelineRun,
  condition: (status: StatusReport) => boolean,
): Promise<StatusReport> {
  for (;;) {
    const { stdout } = await execute(process.execPath, [bin, 'status', '--json'], run.surroundings())
    const status: StatusReport = JSON.parse(stdout)
    if (condition(status)) return status
  }
}
