import { readdirSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { killInFlight } from '../from-outside.js'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { scrape } from '../scrape.js'

const RECORDS = 60_000

const only = process.platform === 'linux' ? {} : { skip: 'payloads stand in shared memory on Linux only' }

t.test(
  'whoever is killed while payloads stand in shared memory, nothing is lost or doubled',
  only,
  async (t) => {
    const gate = `${t.testdir({})}/gate`
    const run = new PipelineRun(
      t,
      [
        ...['--from', fixture('writers/long-texts.mjs'), '--to', 'file:out.txt', '--http', '127.0.0.1:0'],
        ...['--worker', fixture('workers/pass-slowly-until-opened.mjs'), '--workers', '2'],
        // Both queues together are less than what passes them.
        ...['--queue-bytes', '4mb', '--restart-backoff', '10ms', '--restart-max-backoff', '50ms'],
      ],
      { env: { RECORDS: String(RECORDS), GATE: gate } },
    )
    for (const place of ['worker:1', 'sender', 'worker:2', 'writer', 'worker:1', 'sender']) {
      await killInFlight(t, run, place)
      const inUse = (await scrape(run)).value('shared_memory_slots_in_use')
      t.ok(inUse > 0, `${inUse} slots are in use`)
    }
    const limit = (await scrape(run)).value('shared_memory_slots_limit')
    t.ok(limit >= 16 && limit < 100, `of ${limit}, which follows from the bytes of the queues`)
    writeFileSync(gate, '')
    t.match(await run.ended, { code: 0 }, run.said)
    t.match(run.summary, { outcome: 'finished', read: RECORDS, delivered: RECORDS })
    const numbers = linesIn(run.path('out.txt')).map((line) => {
      if (!/^\d+ (millrace ){44}$/.test(line)) throw new Error(`not what was written: ${line}`)
      return Number.parseInt(line, 10)
    })
    t.equal(numbers.length, RECORDS)
    t.equal(new Set(numbers).size, RECORDS)
    t.same(
      readdirSync('/dev/shm').filter((name) => name.startsWith('millrace')),
      [],
      'the memory has no name that could be left behind',
    )
  },
)
