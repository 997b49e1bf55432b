import { writeFileSync } from 'node:fs'
import t from 'tap'
import { command } from '../command.js'
import { upTo } from '../delivered.js'
import { statusUntil } from '../from-outside.js'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'

const pair = (number: number) => [`${number}.1`, `${number}.2`]

for (const order of ['none', 'key', 'input']) {
  t.test(
    `a result that cannot be a line makes its record a dead letter with the fix, at the first attempt, and replay mends it (order ${order})`,
    async (t) => {
      const run = new PipelineRun(
        t,
        [
          ...['--worker', fixture('workers/break-lines-until-mended.mjs'), '--workers', '2'],
          ...['--to', 'file:output', '--name', 'mill', '--order', order],
        ],
        { input: 'open' },
      )
      run.stdin.write(upTo(20).join('\n').concat('\n'))
      await run.event('pipelineStarted')
      await statusUntil(run, ({ counters }) => counters.delivered === 18 && counters.inFlight === 0)
      const left = upTo(20).filter((number) => number % 10 !== 3)
      const delivered = linesIn(run.path('output'))
      t.same(order === 'input' ? delivered : delivered.sort(), inOrder(left.flatMap(pair), order))
      const listed = await command(run, 'dead', 'list', '--name', 'mill', '--json')
      const letters = listed.trim().split('\n')
      t.match(
        letters.map((line) => JSON.parse(line)).sort((a, b) => (a.id < b.id ? -1 : 1)),
        ['stdin@29', 'stdin@6'].map((id) => ({
          id,
          stage: 'worker',
          attempts: 1,
          error: { name: 'record_not_encodable', message: /line break.*Return an object/ },
        })),
      )

      writeFileSync(run.path('mended'), '')
      await command(run, 'dead', 'replay', '--all', '--name', 'mill')
      await statusUntil(run, ({ deadLetters }) => deadLetters === 0)
      run.stdin.end()
      t.match(await run.ended, { code: 0 })
      t.match(run.summary, { read: 22, delivered: 20, deadLettered: 2, results: 40, retried: 0 })
      t.same(linesIn(run.path('output')).sort(), upTo(20).flatMap(pair).sort(), 'each line once')
    },
  )
}

const inOrder = (lines: readonly string[], order: string) => (order === 'input' ? lines : [...lines].sort())

t.test('under every codec results become the same lines', async (t) => {
  for (const codec of ['msgpack', 'json', 'bytes']) {
    const run = new PipelineRun(
      t,
      ['--worker', fixture('workers/same.mjs'), '--to', 'stdout:', '--codec', codec, '--order', 'input'],
      { input: 'a\n"é"\n\n😀\n' },
    )
    t.match(await run.ended, { code: 0 })
    t.same(run.results, ['a', '"é"', '', '😀'])
  }
})
