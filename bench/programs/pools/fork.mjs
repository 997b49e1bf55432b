import { fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { chunks } from '../chunks.mjs'
import { measured, Results, readJob } from '../job.mjs'
import { values } from '../values.mjs'

/** What many write by hand: forked children, each with a window of messages under way. */
const { work, records, workers, chunk, window, output } = readJob()
const env = { ...process.env, BENCH_WORK: work }
const children = Array.from({ length: workers }, () =>
  fork(new URL('fork-child.mjs', import.meta.url), { env }),
)
const results = new Results(output)

await Promise.all(children.map((child) => once(child, 'message')))
await measured(results, async () => {
  const messages = chunks(values[work], records, chunk)
  await new Promise((resolve) => {
    const sendNext = (child) => {
      const { done, value } = messages.next()
      if (!done) child.send(value)
    }
    for (const child of children) {
      child.on('message', (answer) => {
        results.takeAll(answer)
        sendNext(child)
        if (results.count === records) resolve()
      })
      for (let sent = 0; sent < window; sent++) sendNext(child)
    }
  })
})
for (const child of children) child.disconnect()
