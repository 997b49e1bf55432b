import { Piscina } from 'piscina'
import { chunks, inLanes } from '../chunks.mjs'
import { measured, Results, readJob } from '../job.mjs'
import { values } from '../values.mjs'

const { work, records, workers, chunk = 1, window, tasksPerWorker = 1, output } = readJob()
const pool = new Piscina({
  filename: new URL('task.mjs', import.meta.url).href,
  env: { ...process.env, BENCH_WORK: work },
  minThreads: workers,
  maxThreads: workers,
  idleTimeout: Number.POSITIVE_INFINITY,
  concurrentTasksPerWorker: tasksPerWorker,
  recordTiming: false,
  // With `sync` a thread stops between tasks, and with it every timer that a handler waits for.
  atomics: tasksPerWorker > 1 ? 'async' : 'sync',
})
const results = new Results(output)
const single = ([value]) => pool.run(value, { name: 'one' })

await Promise.all(Array.from({ length: workers }, () => pool.run([], { name: 'many' })))
await measured(results, () =>
  inLanes(window, chunks(values[work], records, chunk), async (values) => {
    if (chunk === 1) results.take(await single(values))
    else results.takeAll(await pool.run(values, { name: 'many' }))
  }),
)
await pool.destroy()
