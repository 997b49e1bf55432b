import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { now } from '../job.mjs'

const times = []
const pids = []

/** Notes when each result arrives, and from which worker. */
export default (pid) => {
  times.push(now())
  pids.push(pid)
}

export const teardown = () => writeFileSync(process.env.BENCH_REPORT, JSON.stringify({ times, pids }))
