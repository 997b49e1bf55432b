import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import process from 'node:process'

/** What figures depend on, beside the code. */
export interface Machine {
  readonly cpu: string
  /** That a process may use, container limits not counted. */
  readonly cores: number
  /** Bytes. */
  readonly memory: number
  readonly kernel: string
  readonly node: string
}

export const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() || 'unknown',
  cores: availableParallelism(),
  memory: totalmem(),
  kernel: `${type()} ${release()}`,
  node: process.version.slice(1),
})
