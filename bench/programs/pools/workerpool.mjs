import process from 'node:process'
import { fileURLToPath } from 'node:url'
import workerpool from 'workerpool'
import { chunks, inLanes } from '../chunks.mjs'
import { measured, Results, readJob } from '../job.mjs'
import { values } from '../values.mjs'

const { work, records, workers, chunk = 1, window, output } = readJob()
const script = fileURLToPath(new URL('workerpool-worker.mjs', import.meta.url))
process.env.BENCH_WORK = work
const pool = workerpool.pool(script, { minWorkers: 'max', maxWorkers: workers, workerType: 'thread' })
const results = new Results(output)

await Promise.all(Array.from({ length: workers }, () => pool.exec('many', [[]])))
await measured(results, () =>
  inLanes(window, chunks(values[work], records, chunk), async (values) => {
    if (chunk === 1) results.take(await pool.exec('one', values))
    else results.takeAll(await pool.exec('many', [values]))
  }),
)
await pool.terminate()
