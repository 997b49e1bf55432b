import type { Command } from 'commander'
import type { Wanted } from '../control/locate.js'

/** Options of the commands that are about one pipeline. */
export interface PipelineOptions {
  readonly name?: string
  readonly stateDir?: string
  readonly json?: true
}

export const addPipelineOptions = (command: Command): Command =>
  command
    .option('--name <name>', 'Name of the pipeline, where several run.')
    .option('--state-dir <folder>', 'State folder of the pipeline, where several have one name.')

export const wantedOf = ({ name, stateDir }: PipelineOptions, argument?: string): Wanted => ({
  name: argument ?? name,
  stateDir,
})
