import type { Command } from 'commander'
import { addPipelineOptions, type PipelineOptions, wantedOf } from './pipeline-options.js'
import type { Terminal } from './terminal.js'

interface Invocation {
  readonly terminal: Terminal
}

interface ProfileOptions extends PipelineOptions {
  readonly seconds: string
  readonly out?: string
}

interface EventsOptions extends PipelineOptions {
  readonly follow?: true
  readonly last?: string
  readonly since?: string
}

/** The commands that look into processes, and into the past; one file beside this one for each. */
export function addInspection(program: Command, invocation: Invocation): void {
  addStack(program, invocation)
  addProfile(program, invocation)
  addEvents(program, invocation)
}

function addStack(program: Command, { terminal }: Invocation): void {
  const command = program
    .command('stack')
    .argument('<process>', 'Such as worker:2, writer or sender.')
    .description('Print where a process is at this moment, even in an endless loop, and with which records.')
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (target: string, options: PipelineOptions) => {
    const { stack } = await import('./stack.js')
    await stack({ target, ...wantedOf(options) }, terminal, options.json === true)
  })
}

function addProfile(program: Command, { terminal }: Invocation): void {
  const command = program
    .command('profile')
    .argument('<process>', 'Such as worker:2, writer, sender or primary.')
    .description('Write a .cpuprofile of a process that runs, for DevTools or an editor.')
    .option('--seconds <seconds>', 'How long to watch it.', '10')
    .option('--out <file>', 'File to write; it must not be there yet. Default: one in the current folder.')
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (target: string, options: ProfileOptions) => {
    const { profile } = await import('./profile.js')
    const { seconds, out } = options
    await profile({ target, seconds, out, ...wantedOf(options) }, terminal, options.json === true)
  })
}

function addEvents(program: Command, { terminal }: Invocation): void {
  const command = program
    .command('events')
    .argument('[name]', 'Name of the pipeline. Default: the one configured here, or the only one that runs.')
    .description('Print what happened to a pipeline that runs, or to one that keeps state.')
    .option('-f, --follow', 'Go on with what still happens, until it has ended.')
    .option('-n, --last <events>', 'So many of the newest. Default: 50, or all with --since.')
    .option('--since <time>', 'Those since then, such as 2026-02-01T10:00Z, or 10m for ten minutes ago.')
    .option('--json', 'Print one JSON object a line.')
  addPipelineOptions(command).action(async (name: string | undefined, options: EventsOptions) => {
    const { events } = await import('./events.js')
    const { follow = false, last, since } = options
    await events({ wanted: wantedOf(options, name), follow, last, since }, terminal, options.json === true)
  })
}
