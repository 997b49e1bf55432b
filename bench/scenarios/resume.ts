import { cpSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { readCheckpoint } from '../../src/primary/state/checkpoint-file.js'
import { type Contender, SUBJECT } from '../contender.js'
import { MillraceRun } from '../millrace.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'
import { firstIn } from './start.js'

const BYTES = 1_000_000_000
const SMALL_BYTES = 100_000
const SMALL = 'its start on a small file'

/** Share of the file after which every line takes long, so that the primary dies near the end and not behind it. */
const SLOW_FROM = 0.98

/** Bytes in which a batch ends for sure, and a position with it: what is slow may be in the middle of one. */
const BATCH = 2 ** 20

/** Nobody should pay again for what was done. */
export const resume: Scenario = {
  name: 'resume',
  what: `A file of ${BYTES / 1e9} GB; the primary was killed (SIGKILL) after its checkpoint near the end.`,
  measured:
    'Measured from before the start of the command that resumes until the sender is called for the first time; beside it, the same command on a file of 100 KB that begins at its beginning.',
  figures: { milliseconds: { label: 'until the first', unit: 'ms', better: 'less' } },
  goals: [{ says: 'within a second', figure: 'milliseconds', atMost: 1000 }],
  prepare: async (surroundings) => {
    const large = surroundings.log(surroundings.amount(BYTES)).path
    const state = await killedNearTheEnd(surroundings, large)
    return [
      resumed(surroundings, SUBJECT, { path: large, state }),
      resumed(surroundings, SMALL, { path: surroundings.log(SMALL_BYTES).path, state: undefined }),
    ]
  },
}

const argumentsOf = (path: string, stateDir: string): readonly string[] =>
  Object.entries({
    '--name': 'resume',
    '--state-dir': stateDir,
    '--from': `file:${path}`,
    '--worker': program('handlers/same-until.mjs'),
    '--to': program('senders/first.mjs'),
  }).flat()

/** The state folder that a killed primary left behind. */
async function killedNearTheEnd(surroundings: Surroundings, path: string): Promise<string> {
  const stateDir = surroundings.path('left')
  const { bytes } = surroundings.log(surroundings.amount(BYTES))
  const slowFrom = Math.floor(bytes * SLOW_FROM)
  const env = { BENCH_SLOW_FROM: String(slowFrom), BENCH_REPORT: surroundings.path('first.json') }
  const run = new MillraceRun(surroundings.processes, argumentsOf(path, stateDir), { env })
  await run.running()
  const reached = async () => {
    while ((await checkpointedOffset(stateDir)) < slowFrom - BATCH) await sleep(50)
  }
  const early = run.ended.then((code) => {
    throw new Error(`millrace ended with ${code} before its checkpoint was near the end`)
  })
  await Promise.race([reached(), early])
  early.catch(() => {})
  run.signal('SIGKILL')
  await run.ended
  return stateDir
}

/** Byte of the file from which its checkpoint resumes. */
async function checkpointedOffset(stateDir: string): Promise<number> {
  const { position = '{}' } = (await readCheckpoint(stateDir)) ?? {}
  return (JSON.parse(position) as { readonly offset?: number }).offset ?? 0
}

interface Start {
  readonly path: string
  /** A state folder to begin with; it stays as it is. */
  readonly state: string | undefined
}

const resumed = (surroundings: Surroundings, name: string, { path, state }: Start): Contender => ({
  name,
  run: async () => {
    const stateDir = surroundings.path('state')
    if (state !== undefined) cpSync(state, stateDir, { recursive: true })
    const report = surroundings.path('first.json')
    const env = { BENCH_REPORT: report }
    const run = new MillraceRun(surroundings.processes, argumentsOf(path, stateDir), { env })
    const { read, total } = await run.finished()
    if (state !== undefined && read >= total.read / 2)
      throw new Error(`${name} began anew: it read ${read} records`)
    return { milliseconds: firstIn(report) - run.begun }
  },
})
