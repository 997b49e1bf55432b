import { chunks, inLanes } from './chunks.mjs'
import { measured, Results, readJob } from './job.mjs'
import { values } from './values.mjs'

/** One process that does the work in a loop, with nothing between source, handler and sink. */
const { work, records, concurrency = 1, output } = readJob()
const { default: handle } = await import(`./handlers/${work}.mjs`)
const make = values[work]
const results = new Results(output)

await measured(results, async () => {
  if (concurrency === 1) for (let number = 0; number < records; number++) results.take(handle(make(number)))
  else
    await inLanes(concurrency, chunks(make, records, 1), async ([value]) => results.take(await handle(value)))
})
