import { Command } from 'commander'
import type { Wanted } from '../control/locate.js'
import { exitCode } from '../errors.js'
import { ownVersion } from '../package.js'
import { addDead } from './dead/command.js'
import { addConfigFlags, configFlagsOf, JOIN_KEYS } from './flags.js'
import { addInspection } from './inspection.js'
import { addPipelineOptions, type PipelineOptions, wantedOf } from './pipeline-options.js'
import type { Launcher } from './run.js'
import type { Terminal } from './terminal.js'

/** What the commands work with. */
interface Invocation {
  readonly argv: readonly string[]
  readonly terminal: Terminal
  readonly launch: Launcher | undefined
  /** Takes the exit code of the command. */
  finish(code: number): void
}

interface RunOptions {
  readonly fresh?: true
  readonly limit?: string
}

interface InitOptions {
  readonly typescript?: true
  readonly json?: true
}

interface TopOptions extends PipelineOptions {
  readonly once?: true
}

interface InFlightOptions extends PipelineOptions {
  readonly limit?: string
}

/** The command line: one command here, one file beside this one, which is loaded when it is used. */
export function buildProgram(invocation: Invocation): Command {
  const { terminal } = invocation
  const program = new Command('millrace')
    .description('Runs your function over a stream in supervised processes.')
    .version(ownVersion(), '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this help.')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // Errors are printed once, by whoever catches them.
      outputError: () => {},
    })
  addRun(program, invocation)
  addJoin(program, invocation)
  addCheck(program, invocation)
  addInit(program, invocation)
  addLs(program, invocation)
  addStatus(program, invocation)
  addTop(program, invocation)
  addInFlight(program, invocation)
  addRestart(program, invocation)
  addScale(program, invocation)
  addPause(program, invocation)
  addResume(program, invocation)
  addRate(program, invocation)
  addLogLevel(program, invocation)
  addDrain(program, invocation)
  addStop(program, invocation)
  addInspection(program, invocation)
  addDead(program, invocation)
  return program
}

function addRun(program: Command, { argv, terminal, launch, finish }: Invocation): void {
  const command = program
    .command('run')
    .argument('[config]', 'Configuration file. Default: millrace.config.* of the current folder, if any.')
    .description('Run a pipeline until its source ends or it is stopped.')
    .usage('[CONFIG] [--from URL --worker FILE --to URL] [options]')
    .option('--fresh', 'Ignore the checkpoint: begin at the start of the source.')
    .option('--limit <records>', 'End after so many records of the source.')
  addConfigFlags(command).action(async (file: string | undefined, { fresh, limit }: RunOptions) => {
    const { launcher, run } = await import('./run.js')
    const request = { file, flags: configFlagsOf(command, argv), fresh, limit }
    finish(await run(request, terminal, launch ?? launcher))
  })
}

function addJoin(program: Command, { argv, terminal, finish }: Invocation): void {
  const command = program
    .command('join')
    .argument(
      '[nats-url]',
      "Where the pipeline's queues are, such as nats://host:4222. Default: $MILLRACE_TRANSPORT.",
    )
    .description('Lend the cores of this machine to a pipeline that runs elsewhere, until that ends.')
    .usage('NATS-URL --name NAME --worker FILE [--workers N] [options]')
  addConfigFlags(command, JOIN_KEYS).action(async (url: string | undefined) => {
    const { join } = await import('./join.js')
    finish(await join(url, configFlagsOf(command, argv), terminal))
  })
}

function addCheck(program: Command, { argv, terminal, finish }: Invocation): void {
  const command = program
    .command('check')
    .argument('[config]', 'Configuration file. Default: millrace.config.* of the current folder, if any.')
    .description('Check a configuration and its modules, and print what is in force. Runs nothing.')
    .option('--json', 'Print JSON.')
  addConfigFlags(command).action(async (file: string | undefined, options: { readonly json?: true }) => {
    const { check } = await import('./check.js')
    await check({ file, flags: configFlagsOf(command, argv) }, terminal, options.json === true)
    finish(exitCode.ok)
  })
}

function addInit(program: Command, { terminal }: Invocation): void {
  program
    .command('init')
    .argument('[dir]', 'Folder to make it in; made if it is not there. Default: the current one.')
    .description('Make a pipeline to start from, which runs at once. Writes over nothing.')
    .option('--typescript', 'Make TypeScript of it.')
    .option('--json', 'Print JSON.')
    .action(async (dir: string | undefined, { typescript, json }: InitOptions) => {
      const { init } = await import('./init.js')
      await init({ dir, typescript: typescript === true }, terminal, json === true)
    })
}

function addLs(program: Command, { terminal }: Invocation): void {
  program
    .command('ls')
    .description('List the pipelines running on this machine.')
    .option('--json', 'Print JSON.')
    .action(async ({ json }: PipelineOptions) => {
      const { ls } = await import('./ls.js')
      await ls(terminal, json === true)
    })
}

function addStatus(program: Command, invocation: Invocation): void {
  addForPipeline(program, invocation, {
    name: 'status',
    description: 'Print the processes, queues and counters of a pipeline, and its bottleneck.',
    load: async () => (await import('./status.js')).status,
  })
}

function addTop(program: Command, { terminal }: Invocation): void {
  const command = program
    .command('top')
    .argument('[name]', 'Name of the pipeline. Default: the only one that runs.')
    .description('Watch a pipeline live: its processes, queues, rates and bottleneck. `q` leaves.')
    .option('--once', 'Print it once, and leave.')
  addPipelineOptions(command).action(async (name: string | undefined, options: TopOptions) => {
    const { top } = await import('./top.js')
    await top(wantedOf(options, name), terminal, options.once === true)
  })
}

function addInFlight(program: Command, { terminal }: Invocation): void {
  const command = program
    .command('inflight')
    .argument('[name]', 'Name of the pipeline. Default: the only one that runs.')
    .description('List what each process has in hand and for how long, and what waits for a retry.')
    .option('--limit <runs>', 'Runs of records to list, and retries, at the most. Default: 20.')
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (name: string | undefined, options: InFlightOptions) => {
    const { inFlight } = await import('./inflight.js')
    await inFlight({ ...wantedOf(options, name), limit: options.limit }, terminal, options.json === true)
  })
}

function addRestart(program: Command, { terminal }: Invocation): void {
  const command = program
    .command('restart')
    .argument('<target>', 'worker:2, writer or sender; or workers, for all of them, one after another.')
    .description(
      'Replace processes of a pipeline by new ones, which load their code anew. No record is lost.',
    )
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (target: string, options: PipelineOptions) => {
    const { restart } = await import('./restart.js')
    await restart({ target, ...wantedOf(options) }, terminal, options.json === true)
  })
}

function addScale(program: Command, { terminal }: Invocation): void {
  const command = program
    .command('scale')
    .argument('<workers>', 'How many, such as 8.')
    .description('Have more workers, or fewer, until the pipeline ends.')
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (workers: string, options: PipelineOptions) => {
    const { scale } = await import('./scale.js')
    await scale({ workers, ...wantedOf(options) }, terminal, options.json === true)
  })
}

function addLogLevel(program: Command, { terminal }: Invocation): void {
  const command = program
    .command('log-level')
    .argument('<level>', 'trace, debug, info, warn, error, fatal or silent.')
    .description('Change what a pipeline logs, while it runs.')
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (level: string, options: PipelineOptions) => {
    const { logLevel } = await import('./log-level.js')
    await logLevel({ level, ...wantedOf(options) }, terminal, options.json === true)
  })
}

function addPause(program: Command, invocation: Invocation): void {
  addForPipeline(program, invocation, {
    name: 'pause',
    description: 'Let a pipeline read and begin nothing more for now; what is in hand is finished.',
    load: async () => (await import('./pause.js')).pause,
  })
}

function addResume(program: Command, invocation: Invocation): void {
  addForPipeline(program, invocation, {
    name: 'resume',
    description: 'Let a paused pipeline go on.',
    load: async () => (await import('./pause.js')).resume,
  })
}

function addRate(program: Command, { terminal }: Invocation): void {
  const command = program
    .command('rate')
    .argument('<rate>', 'Such as 500/s, 30/m or 10000/h; none for no limit.')
    .description('Limit the records that handlers begin, while the pipeline runs.')
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (text: string, options: PipelineOptions) => {
    const { rate } = await import('./rate.js')
    await rate({ rate: text, ...wantedOf(options) }, terminal, options.json === true)
  })
}

function addDrain(program: Command, invocation: Invocation): void {
  addForPipeline(program, invocation, {
    name: 'drain',
    description: 'Have a pipeline work off what it has read and end, without waiting for that.',
    load: async () => (await import('./drain.js')).drain,
  })
}

function addStop(program: Command, { terminal, finish }: Invocation): void {
  const command = program
    .command('stop')
    .argument('[name]', 'Name of the pipeline. Default: the only one that runs.')
    .description('Drain a pipeline and wait until it has ended.')
    .option('--now', 'Do not drain: return what is in flight to the source.')
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(
    async (name: string | undefined, options: PipelineOptions & { readonly now?: true }) => {
      const { stop } = await import('./stop.js')
      const now = options.now === true
      finish(await stop({ ...wantedOf(options, name), now }, terminal, options.json === true))
    },
  )
}

/** A command that needs to know nothing but which pipeline it is for. */
interface PipelineCommand {
  readonly name: string
  readonly description: string
  load(): Promise<(wanted: Wanted, terminal: Terminal, json: boolean) => Promise<void>>
}

function addForPipeline(program: Command, { terminal }: Invocation, added: PipelineCommand): void {
  const command = program
    .command(added.name)
    .argument('[name]', 'Name of the pipeline. Default: the only one that runs.')
    .description(added.description)
    .option('--json', 'Print JSON.')
  addPipelineOptions(command).action(async (name: string | undefined, options: PipelineOptions) => {
    const act = await added.load()
    await act(wantedOf(options, name), terminal, options.json === true)
  })
}
