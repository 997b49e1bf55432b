import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { eventually } from '../processes.js'
import { temporaryFolder } from '../temporary-folder.js'

/** Milliseconds; what is waited for takes a fraction of a second on an idle machine. */
const PATIENCE = 30_000

/** A pipeline that keeps state, from stdin into the file `out` of a folder that outlives it. */
function streamInto(t: Test, folder: string, input: string): PipelineRun {
  return new PipelineRun(
    t,
    [
      ...['--name', 'live', '--state-dir', join(folder, 'state'), '--checkpoint-every', '10m'],
      ...['--from', 'stdin:', '--to', `file:${join(folder, 'out')}`],
      ...['--worker', fixture('workers/same.mjs'), '--workers', '1'],
    ],
    { input },
  )
}

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i}`)
const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

/** A run of which the primary is killed when the file has more than its only checkpoint knows of. */
async function killAfterDelivery(t: Test, folder: string, lines: readonly string[]): Promise<void> {
  const [out, checkpoint] = [join(folder, 'out'), join(folder, 'state', 'checkpoint.json')]
  const run = streamInto(t, folder, 'open')
  await run.event('pipelineStarted')
  t.ok(await eventually(() => existsSync(checkpoint), PATIENCE), 'the checkpoint of the beginning')
  const before = existsSync(out) ? linesIn(out).length : 0
  run.stdin.write(textOf(lines))
  t.ok(await eventually(() => linesIn(out).length === before + lines.length, PATIENCE), 'all delivered')
  run.signal('SIGKILL')
  await run.ended
}

t.test(
  'what the killed primary of a live source had delivered is kept, once, and what may be lost is said',
  async (t) => {
    const folder = temporaryFolder(t)
    const out = join(folder, 'out')
    await killAfterDelivery(t, folder, numbered('first', 500))
    const { checkpoint } = JSON.parse(readFileSync(join(folder, 'state', 'checkpoint.json'), 'utf8'))
    t.same(JSON.parse(checkpoint.sinkState), { length: 0 }, 'all of it is beyond the checkpoint')
    await killAfterDelivery(t, folder, numbered('second', 500))

    const run = streamInto(t, folder, textOf(numbered('third', 500)))
    t.equal((await run.ended).code, 0, run.said)
    t.same(
      linesIn(out),
      ['first', 'second', 'third'].flatMap((name) => numbered(name, 500)),
    )
    const [lost] = run.eventsOf('liveRecordsLost')
    t.match(lost, { records: Number, at: /^\d{4}-/ })
  },
)

t.test(
  'a live source that was drained goes on in its file, and one that had ended begins anew',
  async (t) => {
    const folder = temporaryFolder(t)
    const out = join(folder, 'out')
    const drained = streamInto(t, folder, 'open')
    await drained.event('pipelineStarted')
    drained.stdin.write(textOf(numbered('first', 10)))
    t.ok(await eventually(() => linesIn(out).length === 10, PATIENCE), 'all delivered')
    drained.signal('SIGTERM')
    t.equal((await drained.ended).code, 0, drained.said)

    const ended = streamInto(t, folder, textOf(numbered('second', 10)))
    t.equal((await ended.ended).code, 0, ended.said)
    t.same(linesIn(out), [...numbered('first', 10), ...numbered('second', 10)])

    const anew = streamInto(t, folder, textOf(numbered('third', 10)))
    t.equal((await anew.ended).code, 0, anew.said)
    t.same(linesIn(out), numbered('third', 10))
    for (const run of [drained, ended, anew]) t.same(run.eventsOf('liveRecordsLost'), [])
  },
)
