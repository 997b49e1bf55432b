import { join } from 'node:path'
import { askStatus } from '../src/control/client.js'
import { entriesIn } from '../src/control/registry.js'
import type { StatusReport } from '../src/model/status.js'
import type { PipelineRun } from './pipeline-run.js'

/** How a running pipeline says it is, asked through its control socket as `millrace status` does. */
export async function statusOf(run: PipelineRun): Promise<StatusReport> {
  const entry = entriesIn([join(run.folder, 'millrace')]).find(({ pid }) => pid === run.pid)
  if (!entry) throw new Error(`the pipeline is not registered:\n${run.said}`)
  return await askStatus(entry)
}
