import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { fixture, linesIn } from '../pipeline-run.js'
import { randomFrom } from '../random.js'
import { Series } from '../series.js'

/* MILLRACE_TEST_SEED repeats the choices of a run. */
const seed = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 2 ** 31)

const KILLS = 3
const RECORDS = 10_000
const lines = Array.from({ length: RECORDS }, (_, i) => String(i))
const results = lines.map((line) => `${line}!`)

function fileToFile(t: Test, worker: string, ...more: string[]): Series {
  const series = new Series(t, [
    ...['--from', 'file:input', '--to', 'file:output'],
    ...['--worker', fixture(`workers/${worker}`), ...more],
  ])
  writeFileSync(series.path('input'), `${lines.join('\n')}\n`)
  return series
}

/** Watches what workers note: what a checkpoint has for settled must not be among what they handle after it. */
class HandledAgain {
  readonly #series: Series
  #noted = 0
  #settled: Series['settled'] = []
  /** Records that had to be handled again although they were settled. */
  needlessly = 0

  constructor(series: Series) {
    this.#series = series
  }

  /** To be called when all processes of a run are gone. */
  look(): void {
    const handled = linesIn(this.#series.path('handled')).map(Number)
    const settled = new Set(
      this.#settled.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)),
    )
    this.needlessly += handled.slice(this.#noted).filter((place) => settled.has(place)).length
    this.#noted = handled.length
    this.#settled = this.#series.settled
  }
}

async function killAgainAndAgain(t: Test, series: Series): Promise<void> {
  t.comment(`MILLRACE_TEST_SEED=${seed}`)
  const random = randomFrom(seed)
  const again = new HandledAgain(series)
  let settled = 0
  for (let kill = 1; kill <= KILLS; kill++) {
    const run = series.start()
    await series.untilSettled(run, settled + 1 + Math.floor(random() * 1200))
    await series.kill(run)
    t.ok(series.settledCount > settled, `run ${kill} went on from ${settled} to ${series.settledCount}`)
    settled = series.settledCount
    again.look()
  }
  writeFileSync(series.path('gate'), '')
  const last = await series.run(0)
  again.look()
  t.equal(again.needlessly, 0, 'nothing that was settled is handled again')
  const left = RECORDS - settled
  t.match(last.summary, { outcome: 'finished', read: left, delivered: left })
  t.match(last.summary.total, { read: RECORDS, delivered: RECORDS, dropped: 0, deadLettered: 0, returned: 0 })
}

t.test(`a primary that is killed ${KILLS} times loses nothing and doubles nothing`, async (t) => {
  const series = fileToFile(t, 'note-and-stumble.mjs')
  await killAgainAndAgain(t, series)
  t.same(linesIn(series.path('output')).sort(), [...results].sort())
})

t.test('with order: input, the output of a killed primary is the same to the byte', async (t) => {
  const series = fileToFile(t, 'note-and-stumble.mjs', '--order', 'input')
  await killAgainAndAgain(t, series)
  t.ok(series.text('output') === `${results.join('\n')}\n`, 'every result, in the order of the input')
})

t.test(
  'a worker that is stuck in a loop ends with its primary, and its record goes to the next',
  async (t) => {
    const series = fileToFile(t, 'loop-without-gate.mjs')
    const run = series.start()
    await run.until(() => run.lines.some(({ msg }) => msg === 'looping'), 'a loop')
    await series.untilSettled(run, 1)
    await series.kill(run)
    writeFileSync(series.path('gate'), '')
    const last = await series.run(0)
    t.match(last.summary.total, { read: RECORDS, delivered: RECORDS })
    t.same(linesIn(series.path('output')).sort(), [...lines].sort())
  },
)
