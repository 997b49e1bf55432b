import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Contender, SUBJECT } from '../contender.js'
import { MillraceRun } from '../millrace.js'
import { commandOf, program } from '../programs.js'
import { residentMegabytes, watchMemory } from '../resident.js'
import type { Scenario } from '../scenario.js'
import { percentile } from '../statistics.js'
import type { Surroundings } from '../surroundings.js'

const RECORDS = 100_000_000
const BARE = 'a bare Node process'

/** Milliseconds after which a process that does nothing has stopped tidying up after its start. */
const SETTLING = 2000

/** Bounded queues bound memory, for as long as it runs. */
export const memory: Scenario = {
  name: 'memory',
  what: 'A hundred million integers by default settings, and a pipeline that has nothing to do.',
  measured: `Resident memory, in units of 2^20 bytes: of the primary, looked at four times a second; growth is the median of the run's last quarter by that of its second. Idle: of a worker, ${SETTLING / 1000} s after it was ready, beside a Node process with an empty program.`,
  figures: {
    most: { label: "the primary's most", unit: 'MB', better: 'less', digits: 1 },
    growth: { label: 'growth', unit: '×', better: 'less', digits: 2 },
    idle: { label: 'idle', unit: 'MB', better: 'less', digits: 1 },
  },
  goals: [
    { says: 'primary under 120 MB', figure: 'most', atMost: 120 },
    { says: 'flat: grows by no more than a tenth', figure: 'growth', atMost: 1.1 },
    {
      says: 'an idle worker at most 25 MB over a bare Node process',
      figure: 'idle',
      against: [BARE],
      by: 'difference',
      atMost: 25,
    },
  ],
  prepare: (surroundings) => [
    {
      name: SUBJECT,
      run: async () => ({ ...(await underLoad(surroundings)), idle: await idleWorker(surroundings) }),
    },
    bare(surroundings),
  ],
}

async function underLoad(surroundings: Surroundings): Promise<{ most: number; growth: number }> {
  const records = surroundings.amount(RECORDS)
  const flags = {
    '--from': `count:${records}`,
    '--worker': program('handlers/integers.mjs'),
    '--to': 'null:',
  }
  const run = new MillraceRun(surroundings.processes, Object.entries(flags).flat())
  await run.running()
  const watched = watchMemory(run.pid)
  const { delivered } = await run.finished()
  if (delivered !== records) throw new Error(`millrace delivered ${delivered} of ${records} records`)
  const megabytes = await watched
  const quarter = Math.max(1, Math.floor(megabytes.length / 4))
  const usual = (samples: readonly number[]) => percentile(samples, 0.5)
  const early = megabytes.length < 4 ? megabytes : megabytes.slice(quarter, 2 * quarter)
  return { most: Math.max(...megabytes), growth: usual(megabytes.slice(-quarter)) / usual(early) }
}

async function idleWorker(surroundings: Surroundings): Promise<number> {
  const flags = {
    '--from': program('writers/silent.mjs'),
    '--worker': program('handlers/integers.mjs'),
    '--to': 'null:',
  }
  const run = new MillraceRun(surroundings.processes, Object.entries(flags).flat(), { logLevel: 'debug' })
  const { childPid } = await run.event('processReady', ({ child }) => child === 'worker:1')
  await run.running()
  await sleep(SETTLING)
  const idle = await residentMegabytes(Number(childPid))
  run.signal('SIGTERM')
  await run.finished()
  if (idle === undefined) throw new Error('the worker is gone')
  return idle
}

const bare = ({ processes }: Surroundings): Contender => ({
  name: BARE,
  run: async () => {
    const child = processes.start(commandOf('bare/idle.mjs', {}), ['pipe', 'pipe', 'inherit'])
    await once(child.stdout!, 'data')
    await sleep(SETTLING)
    const idle = await residentMegabytes(child.pid!)
    child.stdin!.end()
    await once(child, 'exit')
    if (idle === undefined) throw new Error('the process is gone')
    return { idle }
  },
})
