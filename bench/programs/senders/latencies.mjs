import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { now } from '../job.mjs'

const latencies = []
const stamps = []

export default (stamp) => {
  stamps.push(stamp)
  latencies.push(now() - stamp)
}

export const teardown = () => writeFileSync(process.env.BENCH_REPORT, JSON.stringify({ latencies, stamps }))
