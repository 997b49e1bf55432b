import type { Command } from 'commander'
import type { Wanted } from '../control/locate.js'

/** Options of the commands that are about one pipeline. */
export interface PipelineOptions {
  readonly name?: string
  readonly stateDir?: string
  readonly json?: true
}

const aboutName = 'Name of the pipeline, where several run.'

export const addPipelineOptions = (command: Command): Command =>
  command
    .option('--name <name>', aboutName)
    .option('--state-dir <folder>', 'State folder of the pipeline, where several have one name.')

/** Whether a command is for a pipeline that no argument of it names. */
export const namedByFlagOnly = ({ options, registeredArguments }: Command): boolean =>
  options.some(({ description }) => description === aboutName) &&
  registeredArguments.every((argument) => argument.name() !== 'name')

export const wantedOf = ({ name, stateDir }: PipelineOptions, argument?: string): Wanted => ({
  name: argument ?? name,
  stateDir,
})
