import { statSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { lettersIn, upTo } from '../delivered.js'
import { statusOf } from '../from-outside.js'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { eventually } from '../processes.js'

/** Milliseconds for what should take far less; a busy machine gets them. */
const LONG = 60_000

/** What comes of a record in `fail-drop-and-die.mjs`, in the end. */
function fateOf(value: number): 'given up' | 'dropped' | readonly string[] {
  if (value % 100 === 19) return 'given up'
  if (value % 100 === 9) return 'dropped'
  const results = value % 40 === 7 ? 25 : 1 + (value % 2)
  return Array.from({ length: results }, (_, i) => `${value}.${i + 1}`)
}

const resultsOf = (value: number): readonly string[] => {
  const fate = fateOf(value)
  return typeof fate === 'string' ? [] : fate
}

interface Trial {
  readonly order: 'key' | 'input'
  readonly records: number
  /** Who is killed, one after another, while records are in flight. */
  readonly victims: readonly string[]
  readonly args: readonly string[]
}

/** Runs a pipeline in which records fail, die and are dropped, kills processes meanwhile, and checks every result. */
async function expectInOrder(t: Test, { order, records, victims, args }: Trial): Promise<void> {
  const run = new PipelineRun(
    t,
    [
      ...['--from', fixture('writers/keyed.mjs'), '--to', 'file:out', '--order', order, '--workers', '2'],
      ...['--worker', fixture('workers/fail-drop-and-die.mjs'), '--dead-letter-to', 'dead.ndjson'],
      ...['--retry-backoff', '5ms', '--retry-deaths', '20', '--name', 'mill', '--restart-intensity', '100'],
      ...['--restart-backoff', '10ms', '--restart-max-backoff', '50ms', ...args],
    ],
    { env: { RECORDS: String(records) } },
  )
  const out = run.path('out')
  const all = upTo(records).flatMap(resultsOf)
  const bytes = all.join('\n').length + 1

  for (const [i, victim] of victims.entries()) {
    // The last record waits for the gate, so this is always before the end.
    const reached = (bytes * (i + 1)) / (victims.length + 2)
    const isReached = () => (statSync(out, { throwIfNoEntry: false })?.size ?? 0) >= reached
    t.ok(await eventually(isReached, LONG), `${Math.floor(reached)} bytes are delivered before kill ${i + 1}`)
    const { counters } = await statusOf(run)
    t.ok(counters.inFlight > 0, `${counters.inFlight} records are in flight when ${victim} is killed`)
    while (!(await kill(run, victim)));
  }
  t.equal(run.eventsOf('finished').length, 0, 'all were killed before the end')
  writeFileSync(run.path('gate'), '')

  t.match(await run.ended, { code: 0 })
  const fates = upTo(records).map(fateOf)
  const deadLettered = fates.filter((fate) => fate === 'given up').length
  const dropped = fates.filter((fate) => fate === 'dropped').length
  const delivered = records - deadLettered - dropped
  t.match(run.summary, { read: records, delivered, dropped, deadLettered, returned: 0 })
  t.ok(run.summary.retried > 0)
  const givenUp = lettersIn(run.path('dead.ndjson')).map(({ value }) => Number(value))
  t.ok(
    givenUp.every((value) => fateOf(value) === 'given up'),
    'none is given up that should not be',
  )
  t.ok(run.summary.restarts.worker >= records / 500, 'workers were taken along')

  const lines = linesIn(out)
  if (order === 'input') t.equal(firstDifference(lines, all), undefined, 'all in the order of the input')
  for (let key = 0; order === 'key' && key < 17; key++) {
    const ofKey = (line: string) => Math.floor(Number(line)) % 17 === key
    t.equal(firstDifference(lines.filter(ofKey), all.filter(ofKey)), undefined, `all of key ${key} in order`)
  }
}

/** Kills the process in a place, once it is at work; false when it ended by itself just then. */
async function kill(run: PipelineRun, place: string): Promise<boolean> {
  const exitOf = (pid: number) => run.eventsOf('processExited').find((event) => event.pid === pid)
  const isReady = (pid: number) => run.eventsOf('processReady').some((event) => event.pid === pid)
  await run.until(() => isReady(run.pidOf(place)) && !exitOf(run.pidOf(place)), `${place} to kill`)
  const pid = run.pidOf(place)
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone, and its exit is about to be told.
  }
  await run.until(() => exitOf(pid) !== undefined, `the exit of ${place}`)
  return exitOf(pid)!.exit.signal === 'SIGKILL'
}

/** Where two lists part; short enough to be printed. */
function firstDifference(found: readonly string[], wanted: readonly string[]): string | undefined {
  const at = wanted.findIndex((line, i) => found[i] !== line)
  if (at >= 0) return `${at}: ${found.slice(Math.max(0, at - 3), at + 3)} instead of ${wanted[at]}`
  return found.length > wanted.length ? `${found.length - wanted.length} too many` : undefined
}

const victims = ['worker:1', 'sender', 'worker:2', 'worker:1']
const tiny = ['--in-queue', '10', '--out-queue', '10']

for (const order of ['key', 'input'] as const) {
  const promise = order === 'key' ? 'the results of a key leave in order' : 'results leave in input order'
  t.test(`${promise}, none lost and none twice, whatever fails and whoever is killed`, (t) =>
    expectInOrder(t, { order, records: 2000, victims, args: ['--concurrency', '20'] }),
  )

  t.test(
    `${promise} through queues smaller than the results of one record, and nothing comes to a halt`,
    (t) => expectInOrder(t, { order, records: 500, victims: victims.slice(0, 2), args: tiny }),
  )
}
