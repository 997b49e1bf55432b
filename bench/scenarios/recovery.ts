import { readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { turnsOfAMillisecond } from '../calibration.js'
import { type Contender, SUBJECT } from '../contender.js'
import { MillraceRun, now } from '../millrace.js'
import { program, runProgram } from '../programs.js'
import { type Arrivals, recoveryOf } from '../recovery.js'
import type { Scenario } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'

const FORK = 'a bare fork'

/** Milliseconds for which the throughput before the death is looked at, and that after it. */
const BEFORE = 3000
const AFTER = 3000

/** What a death costs those who live. */
export const recovery: Scenario = {
  name: 'recovery',
  what: 'A worker is killed (SIGKILL) while every core computes, one millisecond a record.',
  measured:
    "Measured in the sink: from the signal until a result of the replacement has arrived and throughput is that of before. Beside it, the time from `fork` until an empty Node process says that it is there, while all cores but one compute as the survivors' do.",
  figures: { milliseconds: { label: 'until it is as before', unit: 'ms', better: 'less' } },
  goals: [
    {
      says: 'at most 150 ms more than a bare fork',
      figure: 'milliseconds',
      against: [FORK],
      by: 'difference',
      atMost: 150,
    },
  ],
  prepare: async (surroundings) => {
    const turns = await turnsOfAMillisecond(surroundings)
    return [killed(surroundings, turns), fork(surroundings)]
  },
}

function killed(surroundings: Surroundings, turns: string): Contender {
  return {
    name: SUBJECT,
    run: async () => {
      const report = surroundings.path('arrivals.json')
      const flags = {
        // More than there is time for; the run is drained when enough was seen.
        '--from': `count:${Number.MAX_SAFE_INTEGER}`,
        '--worker': program('handlers/pid.mjs'),
        '--to': program('senders/arrivals.mjs'),
      }
      const env = { BENCH_TURNS: turns, BENCH_REPORT: report }
      const options = { env, logLevel: 'debug' } as const
      const run = new MillraceRun(surroundings.processes, Object.entries(flags).flat(), options)
      await run.running()
      const { childPid: pid } = await run.event('processReady', ({ child }) => child === 'worker:1')
      await sleep(BEFORE)
      const killedAt = now()
      process.kill(Number(pid), 'SIGKILL')
      await run.event('processReady', ({ child, childPid }) => child === 'worker:1' && childPid !== pid)
      await sleep(AFTER)
      run.signal('SIGTERM')
      await run.finished()
      const milliseconds = recoveryOf(JSON.parse(readFileSync(report, 'utf8')) as Arrivals, killedAt)
      if (milliseconds === undefined) throw new Error('the throughput of before was not reached again')
      return { milliseconds }
    },
  }
}

const fork = (surroundings: Surroundings): Contender => ({
  name: FORK,
  run: async () => {
    const job = { children: 1, burners: surroundings.cores - 1 }
    const { milliseconds } = await runProgram(surroundings.processes, 'bare/forks.mjs', job)
    return { milliseconds: Number(milliseconds) }
  },
})
