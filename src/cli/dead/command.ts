import type { Command } from 'commander'
import { MillraceError } from '../../errors.js'
import type { ChosenLetters } from '../../model/dead-letter.js'
import { addPipelineOptions, type PipelineOptions, wantedOf } from '../pipeline-options.js'
import type { Terminal } from '../terminal.js'
import type { DeadRequest } from './find.js'

interface Invocation {
  readonly terminal: Terminal
  /** Takes the exit code of the command. */
  finish(code: number): void
}

interface ChoiceOptions extends PipelineOptions {
  readonly all?: true
}

/** `millrace dead …`: one file beside this one for each. */
export function addDead(program: Command, invocation: Invocation): void {
  const dead = program
    .command('dead')
    .description(
      'List, show, replay or drop records given up on, of a pipeline that runs or one that does not.',
    )
    .helpCommand(false)
  addList(dead, invocation)
  addShow(dead, invocation)
  addReplay(dead, invocation)
  addDrop(dead, invocation)
}

function addList(dead: Command, { terminal }: Invocation): void {
  const command = dead
    .command('list')
    .description('List the dead letters, the newest last.')
    .option('--json', 'Print one JSON object a line.')
  addPipelineOptions(command).action(async (options: PipelineOptions) => {
    const { list } = await import('./list.js')
    await list(requestOf(options, terminal), options.json === true)
  })
}

function addShow(dead: Command, { terminal }: Invocation): void {
  const command = dead
    .command('show')
    .argument('<id>', 'Id of the record, as `millrace dead list` shows it.')
    .description('Print all of a dead letter: its value, and why it was given up.')
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (id: string, options: PipelineOptions) => {
    const { show } = await import('./show.js')
    await show(id, requestOf(options, terminal), options.json === true)
  })
}

function addReplay(dead: Command, { terminal, finish }: Invocation): void {
  const command = dead
    .command('replay')
    .argument('[ids...]', 'Ids of the records.')
    .description('Handle records again; each letter stays until its record is settled.')
    .option('--all', 'All of them.')
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (ids: string[], options: ChoiceOptions) => {
    const { replay } = await import('./replay.js')
    finish(await replay(chosenBy(ids, options), requestOf(options, terminal), options.json === true))
  })
}

function addDrop(dead: Command, { terminal }: Invocation): void {
  const command = dead
    .command('drop')
    .argument('[ids...]', 'Ids of the records.')
    .description('Forget dead letters. Their records are lost.')
    .option('--all', 'All of them.')
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (ids: string[], options: ChoiceOptions) => {
    const { drop } = await import('./drop.js')
    await drop(chosenBy(ids, options), requestOf(options, terminal), options.json === true)
  })
}

const requestOf = (options: PipelineOptions, terminal: Terminal): DeadRequest => ({
  wanted: wantedOf(options),
  terminal,
})

/** Never all by an empty list: a script's variable may be empty. */
function chosenBy(ids: readonly string[], { all = false }: { readonly all?: boolean }): ChosenLetters {
  if (all !== ids.length > 0) return all ? 'all' : ids
  const message = all
    ? 'give ids of dead letters or --all, not both'
    : 'say which dead letters: give their ids as `millrace dead list` shows them, or --all'
  throw new MillraceError('bad_usage', message)
}
