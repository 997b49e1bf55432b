import { writeFileSync } from 'node:fs'
import t from 'tap'
import type { Counters } from '../../src/model/counters.js'
import { killInFlight, statusOf } from '../from-outside.js'
import { fixture } from '../pipeline-run.js'
import { Series } from '../series.js'

const RECORDS = 2000

const settledIn = ({
  delivered,
  dropped,
  deadLettered,
}: Pick<Counters, 'delivered' | 'dropped' | 'deadLettered'>) => delivered + dropped + deadLettered

t.test(
  'read = delivered + dropped + dead-lettered + returned, whoever is killed and however it ends, and in total over all runs',
  async (t) => {
    const series = new Series(t, [
      ...['--from', 'file:input', '--worker', fixture('workers/meet-every-fate.mjs'), '--to', 'file:output'],
      ...['--in-queue', '300', '--retry-backoff', '20ms'],
    ])
    writeFileSync(series.path('input'), Array.from({ length: RECORDS }, (_, i) => `${i}\n`).join(''))
    const stopped = series.start()
    await stopped.event('pipelineStarted')
    for (const place of ['worker:1', 'writer', 'sender']) {
      await killInFlight(t, stopped, place)
      const { counters } = await statusOf(stopped)
      t.equal(counters.read, settledIn(counters) + counters.inFlight, 'with what is in flight, while it runs')
    }
    await stopped.until(() => stopped.lines.some(({ msg }) => msg === 'waiting'), 'a record that waits')
    stopped.signal('SIGTERM')
    await stopped.event('stateChanged', ({ state }) => state === 'draining')
    stopped.signal('SIGTERM')
    t.match(await stopped.ended, { code: 75 })
    t.equal(stopped.summary.read, settledIn(stopped.summary) + stopped.summary.returned)
    t.ok(stopped.summary.returned > 0, `${stopped.summary.returned} were given back`)

    const killed = series.start()
    await series.untilSettled(killed, series.settledCount + 300)
    await series.kill(killed)

    writeFileSync(series.path('gate'), '')
    const last = await series.run(0)
    t.equal(last.summary.read, settledIn(last.summary))
    const tenth = RECORDS / 10
    t.match(last.summary.total, {
      ...{ read: RECORDS, delivered: 8 * tenth, dropped: tenth, deadLettered: tenth, returned: 0 },
      results: 9 * tenth,
    })
  },
)
