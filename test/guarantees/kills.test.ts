import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { childrenOf, isRunning } from '../processes.js'
import { randomFrom } from '../random.js'
import { temporaryFolder } from '../temporary-folder.js'

/* A long test by hand: MILLRACE_TEST_KILLS=2000, with --timeout=0. MILLRACE_TEST_SEED repeats the choices of a run. */
const kills = Number(process.env.MILLRACE_TEST_KILLS ?? 60)
const records = kills * 2000
const seed = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 2 ** 31)

t.test(`${kills} kills of any children lose nothing, double nothing and touch no sibling`, async (t) => {
  t.comment(`MILLRACE_TEST_SEED=${seed}`)
  const random = randomFrom(seed)
  const folder = temporaryFolder(t)
  const [input, output, gate] = ['input', 'output', 'gate'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const lines = Array.from({ length: records }, (_, i) => String(i))
  writeFileSync(input, `${lines.join('\n')}\n`)
  const run = new PipelineRun(
    t,
    [
      ...['--from', `file:${input}`, '--to', `file:${output}`],
      ...['--worker', fixture('workers/stumble-until-opened.mjs'), '--workers', '2'],
      ...['--restart-intensity', String(kills), '--restart-period', '1d'],
      ...['--restart-backoff', '10ms', '--restart-max-backoff', '50ms'],
      // A record that was begun alone, and killed with its worker three times, would be taken for the killer.
      ...['--retry-deaths', String(kills)],
    ],
    { env: { GATE: gate } },
  )
  await run.event('pipelineStarted')

  const killed = new Set<number>()
  const pidsIn = (event: 'processStarted' | 'processReady') =>
    run.eventsOf(event).flatMap(({ pid }) => (killed.has(pid) ? [] : [pid]))
  while (killed.size < kills) {
    await sleep(random() * 250)
    // Most have something to lose; some are still starting.
    const event = random() < 0.9 ? 'processReady' : 'processStarted'
    await run.until(() => pidsIn(event).length > 0, 'somebody to kill')
    const living = pidsIn(event)
    const victim = living[Math.floor(random() * living.length)]!
    killed.add(victim)
    process.kill(victim, 'SIGKILL')
  }
  const exits = () => run.eventsOf('processExited')
  await run.until(() => exits().length === kills, 'the last exit')
  await run.until(() => allReady(run), 'everybody ready again')
  t.equal(run.eventsOf('finished').length, 0, 'every kill fell while records were in flight')
  t.same(
    exits()
      .map(({ pid }) => pid)
      .sort(),
    [...killed].sort(),
    'nobody but the killed has ended',
  )
  t.equal(run.pids.length, 4 + kills, 'each was replaced once')
  const children = childrenOf(run.pid)
  t.equal(children.length, 5, 'the process count is right: writer, workers, sender, and the reaper')
  const inHand = exits().filter(({ returned }) => returned > 0).length
  t.ok(inHand >= kills / 8, `${inHand} of the killed had records in hand`)

  writeFileSync(gate, '')
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, {
    outcome: 'finished',
    read: records,
    delivered: records,
    deadLettered: 0,
    returned: 0,
  })
  const { writer, worker, sender } = run.summary.restarts
  t.comment(`restarts: writer ${writer}, workers ${worker}, sender ${sender}`)
  t.equal(writer + worker + sender, kills)
  t.ok(Math.min(writer, worker, sender) > 0, 'every role was among the killed')
  const delivered = linesIn(output).map((line) => Number(line.slice(0, -1)))
  t.equal(delivered.length, records, 'as many results as records')
  t.equal(new Set(delivered).size, records, 'each of them once')
  t.notOk(run.pids.some(isRunning), 'nobody is left')
})

function allReady(run: PipelineRun): boolean {
  const ready = new Set(run.eventsOf('processReady').map(({ pid }) => pid))
  return ['writer', 'worker:1', 'worker:2', 'sender'].every((place) => ready.has(run.pidOf(place)))
}
