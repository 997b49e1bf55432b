import t from 'tap'
import { PipelineRun } from '../pipeline-run.js'

const example = (name: string) => new URL(`../../examples/classic/${name}`, import.meta.url).pathname

const config = [example('millrace.config.mjs'), '--state-dir', 'state']
const expected = Array.from({ length: 30 }, (_, number) => `number ${number} is done`).sort()

t.test('the classic prints the 30 lines of the Python program, and ends', async (t) => {
  const run = new PipelineRun(t, config)
  t.equal((await run.ended).code, 0, run.said)
  t.strictSame(run.results.sort(), expected)
  t.match(run.summary, { outcome: 'finished', read: 30, delivered: 30 })
})

t.test('the bound of the classic is its two queues of 10', async (t) => {
  const run = new PipelineRun(t, config)
  const { bound, workers } = await run.event('pipelineStarted')
  t.same([bound.records, workers], [20, 3])
  await run.ended
})

t.test("the classic's own sender is given every text, and prints nothing on stdout", async (t) => {
  const run = new PipelineRun(t, [...config, '--to', example('sender.mjs')])
  t.equal((await run.ended).code, 0, run.said)
  const sent = run.lines.filter(({ process, event }) => process === 'sender' && !event).map(({ msg }) => msg)
  t.strictSame(sent.sort(), expected.map((text) => `sent to Kafka: ${text}`).sort())
  t.equal(run.stdout, '')
})
