import { createReadStream, rmSync } from 'node:fs'
import process from 'node:process'
import { type Contender, SUBJECT } from '../contender.js'
import type { LogFile } from '../log-file.js'
import { MillraceRun, now } from '../millrace.js'
import type { Command } from '../processes.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'

const BYTES = 1_800_000_000

/** Of the log by which contenders show that they do the same work. */
const PROVEN_BYTES = 500_000

const ONE_PROCESS = 'one Node process over readline'
const PIPEPART = 'GNU parallel --pipepart'
const PIPE = 'GNU parallel --pipe'

/** What people have Node, or a shell, for: a large file, line by line. */
export const log: Scenario = {
  name: 'log',
  what: `The log of a web server, ${BYTES / 1e9} GB, from file to file: each line is taken apart by a regular expression, and one in eight is kept, as JSON.`,
  measured:
    'Measured as wall time of the whole command, the start of its processes included. GNU parallel runs the same script as the single process, one job a core.',
  figures: { perSecond: { label: 'lines', unit: '1/s', better: 'more' } },
  goals: [
    { says: '1.7 × one Node process', figure: 'perSecond', against: [ONE_PROCESS], atLeast: 1.7 },
    { says: 'faster than GNU parallel', figure: 'perSecond', against: [PIPEPART, PIPE], atLeast: 1 },
  ],
  prepare: (surroundings) => {
    const script = program('filter-lines.mjs')
    const node = process.execPath
    const jobs = `-j${surroundings.cores}`
    return [
      millrace(surroundings),
      filter(surroundings, {
        name: ONE_PROCESS,
        command: ({ path }) => ({ program: node, args: [script], from: path }),
      }),
      filter(surroundings, {
        name: PIPEPART,
        needs: 'parallel',
        // One block a job, so that Node starts once for each. -2, -4, 10M and 32M were slower.
        command: ({ path }) => ({
          program: 'parallel',
          args: ['--will-cite', jobs, '--pipepart', '--block', '-1', '-a', path, node, script],
        }),
      }),
      filter(surroundings, {
        name: PIPE,
        needs: 'parallel',
        // Round robin starts Node once for each job too. 4M and 16M were slower, and so was 10M without it.
        command: ({ path }) => ({
          program: 'parallel',
          args: ['--will-cite', jobs, '--pipe', '--round-robin', '--block', '1M', node, script],
          from: path,
        }),
      }),
    ]
  },
}

/** Lets a contender filter a log; tells the seconds it took. */
type Filters = (log: LogFile, output: string) => Promise<number>

function contender(
  surroundings: Surroundings,
  about: Omit<Contender, 'run' | 'prove'>,
  filters: Filters,
): Contender {
  return {
    ...about,
    run: async () => {
      const log = surroundings.log(surroundings.amount(BYTES))
      const output = surroundings.path('failed.ndjson')
      const seconds = await filters(log, output)
      const kept = await countLines(output)
      rmSync(output)
      if (kept !== log.failed) throw new Error(`${about.name} kept ${kept} lines of ${log.failed}`)
      return { perSecond: log.lines / seconds }
    },
    prove: async (output) => {
      await filters(surroundings.log(PROVEN_BYTES), output)
    },
  }
}

const millrace = (surroundings: Surroundings): Contender =>
  contender(surroundings, { name: SUBJECT }, async ({ path }, output) => {
    const flags = {
      '--from': `file:${path}`,
      '--worker': program('handlers/failed-requests.mjs'),
      '--to': `file:${output}`,
    }
    const run = new MillraceRun(surroundings.processes, Object.entries(flags).flat())
    await run.finished()
    return (now() - run.begun) / 1000
  })

interface Filter extends Pick<Contender, 'name' | 'needs'> {
  readonly command: (log: LogFile) => Command
}

const filter = (surroundings: Surroundings, { command, ...about }: Filter): Contender =>
  contender(surroundings, about, async (log, output) => {
    const { seconds } = await surroundings.processes.run({ ...command(log), to: output })
    return seconds
  })

async function countLines(path: string): Promise<number> {
  let count = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count++
  }
  return count
}
