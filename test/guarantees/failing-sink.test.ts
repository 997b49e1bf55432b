import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { sortedNumbersIn, upTo } from '../delivered.js'
import { atRest, statusOf, statusUntil } from '../from-outside.js'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { residentBytes } from '../processes.js'

const MEBIBYTE = 2 ** 20

const runInto = (t: Test, sender: string, ...more: string[]) =>
  new PipelineRun(t, [
    ...['--from', 'count:9', '--worker', fixture('workers/same.mjs'), '--workers', '1'],
    ...['--to', fixture(`senders/${sender}`), ...more],
  ])

t.test('what a sender rejects is kept with its reason, and the others are delivered', async (t) => {
  const run = runInto(t, 'reject-threes.mjs', '--dead-letter-to', 'dead.ndjson')
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { read: 9, delivered: 6, deadLettered: 3, results: 6 })
  const letters = linesIn(run.path('dead.ndjson')).map((line) => JSON.parse(line))
  t.match(letters, [
    { id: 'count:0', value: 0, stage: 'sender', error: { message: '0 is a multiple of three' } },
    { id: 'count:3', value: 3 },
    { id: 'count:6', value: 6 },
  ])
})

t.test('no record counts as given up whose letter could not be kept', async (t) => {
  const run = runInto(t, 'reject-threes.mjs', '--dead-letter-to', fixture('senders/nowhere.mjs/dead.ndjson'))
  t.match(await run.ended, { code: 1 })
  t.match(run.eventsOf('pipelineFailed')[0], { code: 'deadletter_unwritable' })
  const { read, delivered, deadLettered, returned } = run.summary
  t.equal(deadLettered, 0)
  t.ok(returned >= 1)
  t.equal(read, delivered + returned)
})

t.test(
  'a sink that fails is tried again until it works, and the pipeline says that it is blocked',
  async (t) => {
    const run = runInto(t, 'fail-at-first.mjs')
    t.match(await run.ended, { code: 0 })
    t.match(run.summary, { read: 9, delivered: 9, deadLettered: 0, restarts: { sender: 0 } })
    const states = run.eventsOf('stateChanged').map(({ state }) => state)
    t.same(states, ['running', 'blocked', 'running', 'finished'])
    t.match(run.eventsOf('stateChanged')[1], { reason: 'the sink fails: the database is away' })
  },
)

t.test('while a sink fails nothing piles up, and everything is delivered once it works', async (t) => {
  const run = new PipelineRun(t, [
    ...['--from', 'count:2000', '--worker', fixture('workers/same.mjs'), '--workers', '2'],
    ...['--to', fixture('senders/fail-until-mended.mjs'), '--in-queue', '100', '--out-queue', '100'],
    ...['--name', 'mill'],
  ])
  await run.event('stateChanged', ({ state }) => state === 'blocked')
  const full = await atRest(run)
  const { in: inQueue, out: outQueue } = full.queues
  t.equal(outQueue.size, 100, 'the out-queue is full')
  // It is filled up again when half of it is free.
  t.ok(inQueue.size > 50 && inQueue.size <= 100, `the in-queue has ${inQueue.size} of 100`)
  t.match(full, { state: 'blocked', reason: 'the sink fails: the database is away' })
  const read = inQueue.size + outQueue.size
  t.match(full.counters, { read, delivered: 0, deadLettered: 0, inFlight: read })

  const before = residentBytes(run.pid)
  await statusUntil(run, ({ uptimeSeconds }) => uptimeSeconds > full.uptimeSeconds + 3)
  const grown = residentBytes(run.pid) - before
  t.ok(grown < 16 * MEBIBYTE, `the primary grew by ${grown} bytes`)
  const later = await statusOf(run)
  t.match(later, { state: 'blocked', counters: full.counters })
  t.same([later.queues.in.size, later.queues.out.size], [inQueue.size, outQueue.size])

  writeFileSync(run.path('mended'), '')
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { read: 2000, delivered: 2000, deadLettered: 0, restarts: { sender: 0 } })
  t.same(sortedNumbersIn(run.path('delivered')), upTo(2000), 'each once')
})
