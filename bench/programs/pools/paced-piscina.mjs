import { Piscina } from 'piscina'
import { now, readJob, report } from '../job.mjs'
import { paced } from '../paced.mjs'

const { records, workers } = readJob()
const pool = new Piscina({
  filename: new URL('task.mjs', import.meta.url).href,
  env: { ...process.env, BENCH_WORK: 'same' },
  minThreads: workers,
  maxThreads: workers,
  idleTimeout: Number.POSITIVE_INFINITY,
  recordTiming: false,
})
const latencies = []
const stamps = []
const under = []
for await (const stamp of paced(records)) {
  stamps.push(stamp)
  under.push(pool.run(stamp, { name: 'one' }).then((same) => latencies.push(now() - same)))
}
await Promise.all(under)
report({ latencies, stamps })
await pool.destroy()
