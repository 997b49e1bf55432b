import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { ReplayReport } from '../../src/model/dead-letter.js'
import { command } from '../command.js'
import { sortedNumbersIn, upTo } from '../delivered.js'
import { statusOf, statusUntil } from '../from-outside.js'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { Series } from '../series.js'

const text = upTo(100).join('\n').concat('\n')

/** Those of the numbers below 100 that `fail-threes-until-mended.mjs` and its sibling among the senders do not like. */
const threes = upTo(100).filter((number) => number % 10 === 3)

const failing = ['--worker', fixture('workers/fail-threes-until-mended.mjs'), '--retry-attempts', '1']

/** A pipeline that goes on until its stdin ends, and has given up all threes. */
async function withDeadLetters(t: Test, args: readonly string[] = [...failing, '--to', 'stdout:']) {
  const run = new PipelineRun(t, [...args, '--workers', '2', '--name', 'mill'], { input: 'open' })
  run.stdin.write(text)
  await statusOnceRunning(run, threes.length)
  t.equal((await listed(run)).length, threes.length, 'they are listed')
  return run
}

/** Resolves when all that was put in is settled, with so many dead letters. */
async function statusOnceRunning(run: PipelineRun, deadLetters: number): Promise<void> {
  await run.event('pipelineStarted')
  await statusUntil(run, ({ counters }) => counters.deadLettered === deadLetters && counters.inFlight === 0)
}

/** Ids of the dead letters, as `millrace dead list` has them. */
async function listed(run: PipelineRun): Promise<string[]> {
  const lines = await command(run, 'dead', 'list', '--name', 'mill', '--json')
  const letters = lines.split('\n').filter((line) => line !== '')
  return letters.map((line) => (JSON.parse(line) as { id: string }).id)
}

const replayAll = async (run: PipelineRun): Promise<ReplayReport> =>
  JSON.parse(await command(run, 'dead', 'replay', '--all', '--name', 'mill', '--json'))

const open = (run: PipelineRun, ...files: readonly string[]) => {
  for (const file of files) writeFileSync(run.path(file), '')
}

t.test('a dead letter that is replayed is kept until its record is settled', async (t) => {
  const run = await withDeadLetters(t)
  open(run, 'mended')
  t.match(await replayAll(run), { accepted: 10, refused: [], running: true })
  await statusUntil(run, ({ processes }) =>
    processes.some(({ role, inHand }) => role === 'worker' && inHand > 0),
  )
  t.equal((await listed(run)).length, 10, 'while it is being handled')
  t.match(await replayAll(run), { accepted: 0, refused: { length: 10 } }, 'and nothing is handled twice')

  process.kill(run.pidOf('worker:1'), 'SIGKILL')
  process.kill(run.pidOf('worker:2'), 'SIGKILL')
  const exits = run.eventsOf('processExited')
  await run.until(() => run.eventsOf('processExited').length === exits.length + 2, 'both exits')
  const returned = run.eventsOf('processExited').reduce((sum, exit) => sum + exit.returned, 0)
  t.ok(returned > 0, `${returned} of them were in the hands of workers that were killed`)
  t.equal((await listed(run)).length, 10, 'whoever is killed')

  open(run, 'gate')
  await run.until(() => run.results.length === 100, 'all results')
  await statusUntil(run, ({ deadLetters }) => deadLetters === 0)
  t.same(await listed(run), [])
  run.stdin.end()
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { read: 110, delivered: 100, deadLettered: 10, returned: 0 })
  t.same(
    run.results.map(Number).sort((a, b) => a - b),
    upTo(100),
    'each record is delivered once',
  )
})

t.test(
  'a replayed record that fails again is listed once, and letters that are dropped are gone',
  async (t) => {
    const run = await withDeadLetters(t)
    t.match(await replayAll(run), { accepted: 10 })
    await statusOnceRunning(run, 20)
    const ids = await listed(run)
    t.equal(ids.length, 10)
    t.equal(new Set(ids).size, 10)
    t.equal((await statusOf(run)).deadLetters, 10)

    const [first, second, ...others] = ids
    await command(run, 'dead', 'drop', first!, second!, '--name', 'mill')
    t.same(await listed(run), others, 'those only')
    t.equal((await statusOf(run)).deadLetters, others.length)
    await command(run, 'dead', 'drop', '--all', '--name', 'mill')
    t.same(await listed(run), [])
    t.match(await replayAll(run), { accepted: 0 })
    run.stdin.end()
    t.match(await run.ended, { code: 0 })
    t.match(
      run.summary,
      { read: 110, delivered: 90, deadLettered: 20, returned: 0 },
      'the account remembers them',
    )
  },
)

t.test('a result that the sender rejected is replayed to the sender, and not to a worker', async (t) => {
  const run = await withDeadLetters(t, [
    ...['--worker', fixture('workers/note-and-stumble.mjs')],
    ...['--to', fixture('senders/reject-threes-until-mended.mjs')],
  ])
  t.equal(linesIn(run.path('delivered')).length, 90)
  open(run, 'mended')
  t.match(await replayAll(run), { accepted: 10, refused: [] })
  await statusUntil(run, ({ deadLetters }) => deadLetters === 0)
  const delivered = linesIn(run.path('delivered')).map((line) => Number.parseInt(line, 10))
  t.same(
    delivered.sort((a, b) => a - b),
    upTo(100),
  )
  t.same(sortedNumbersIn(run.path('handled')), upTo(100), 'the handler saw each record once')
  run.stdin.end()
  t.match(await run.ended, { code: 0 })
})

t.test('dead letters that are replayed while nothing runs are handled by the next start', async (t) => {
  const series = new Series(t, ['--from', 'file:input', '--to', 'file:output', ...failing])
  writeFileSync(series.path('input'), text)
  const first = await series.run(0)
  t.match(first.summary, { delivered: 90, deadLettered: 10 })
  t.match(await replayAll(first), { accepted: 10, refused: [], running: false })

  open(first, 'mended')
  const second = series.start()
  await second.event('pipelineStarted')
  const holds = ({ role, inHand }: { readonly role: string; readonly inHand: number }) =>
    role === 'worker' && inHand > 0
  await statusUntil(second, ({ processes }) => processes.some(holds))
  second.signal('SIGKILL')
  await second.ended
  t.equal((await listed(second)).length, 10, 'a start that is killed has kept them all')

  open(first, 'gate')
  await replayAll(second)
  const third = await series.run(0)
  t.match(third.summary, { delivered: 10, deadLettered: 0, returned: 0 })
  t.same(await listed(third), [])
  t.same(sortedNumbersIn(series.path('output')), upTo(100), 'each record is delivered once')

  const fourth = await series.run(0)
  t.match(fourth.summary, { read: 0, delivered: 0 }, 'and what was replayed is not replayed again')
})
