import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { killInFlight } from '../from-outside.js'
import { fixture, linesIn } from '../pipeline-run.js'
import { Series } from '../series.js'

const RECORDS = 5000

/** What a sender wrote down when it delivered: who it was, the result's id, its value. */
type Note = readonly [pid: number, id: string, value: string]

/** Into a module, which has no state that could be cut back. */
function intoModule(t: Test): Series {
  const series = new Series(t, [
    ...['--from', 'file:input', '--worker', fixture('workers/note-and-stumble.mjs')],
    ...['--to', fixture('senders/note-and-linger.mjs'), '--in-queue', '500', '--out-queue', '500'],
  ])
  writeFileSync(series.path('input'), Array.from({ length: RECORDS }, (_, i) => `${i}\n`).join(''))
  return series
}

const notesOf = (series: Series): readonly Note[] =>
  linesIn(series.path('delivered')).map((line) => JSON.parse(line) as Note)

/** Notes of results that were delivered before, each with the note before it. */
function repeats(notes: readonly Note[]): readonly { readonly first: Note; readonly second: Note }[] {
  const last = new Map<string, Note>()
  return notes.flatMap((second) => {
    const first = last.get(second[2])
    last.set(second[2], second)
    return first ? [{ first, second }] : []
  })
}

function expectAllUnderOneId(t: Test, notes: readonly Note[]): void {
  t.equal(new Set(notes.map(([, , value]) => value)).size, RECORDS, 'every result was delivered')
  const pairs = new Set(notes.map(([, id, value]) => `${id} ${value}`))
  t.equal(pairs.size, RECORDS, 'under the same id each time')
}

t.test(
  'when the sender is killed, at most what was in the sink’s hands is delivered twice, under the same ids',
  async (t) => {
    const series = intoModule(t)
    const run = series.start()
    await run.event('pipelineStarted')
    const inHand = new Map<number, number>()
    for (let kill = 0; kill < 3; kill++) {
      const { pid, returned } = await killInFlight(t, run, 'sender')
      t.ok(returned > 0, `it had ${returned} in hand`)
      inHand.set(pid, returned)
    }
    t.match(await run.ended, { code: 0 })
    t.match(run.summary, { read: RECORDS, delivered: RECORDS, restarts: { writer: 0, worker: 0, sender: 3 } })
    const notes = notesOf(series)
    expectAllUnderOneId(t, notes)
    const again = repeats(notes)
    for (const [pid, most] of inHand) {
      const count = again.filter(({ first }) => first[0] === pid).length
      t.ok(count <= most, `${count} results of a dead sender twice, of ${most} that it had`)
    }
    t.equal(
      again.filter(({ first }) => !inHand.has(first[0])).length,
      0,
      'and none of a sender that was not killed',
    )
    t.equal(
      new Set(linesIn(series.path('handled'))).size,
      linesIn(series.path('handled')).length,
      'none is handled twice',
    )
  },
)

t.test(
  'when the primary is killed, only what was delivered after the last checkpoint is delivered twice',
  async (t) => {
    const series = intoModule(t)
    let settled: Series['settled'] = []
    let [count, noted] = [0, 0]
    const expectNothingSettledAgain = () => {
      const places = notesOf(series)
        .slice(noted)
        .map(([, , value]) => Number.parseInt(value, 10))
      const again = places.filter((place) => settled.some(([from, to]) => place >= from && place < to))
      t.equal(again.length, 0, `of ${places.length} that it delivered, none had been settled`)
      noted += places.length
      settled = series.settled
      count = series.settledCount
    }
    for (let kill = 0; kill < 2; kill++) {
      const run = series.start()
      await series.untilSettled(run, count + 500)
      await series.kill(run)
      expectNothingSettledAgain()
    }
    writeFileSync(series.path('gate'), '')
    await series.run(0)
    expectNothingSettledAgain()
    expectAllUnderOneId(t, notesOf(series))
    t.comment(`${repeats(notesOf(series)).length} results twice`)
  },
)
