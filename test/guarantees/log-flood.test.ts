import t from 'tap'
import { fixture, type LogLine, PipelineRun } from '../pipeline-run.js'

const twoThousand = (logLevel: 'info' | 'debug') => {
  const args = ['--from', 'count:2000', '--worker', fixture('workers/throw-always.mjs'), '--to', 'null:']
  const retries = ['--workers', '2', '--retry-attempts', '2', '--retry-backoff', '1ms']
  const letters = ['--dead-letter-to', 'dead.ndjson', '--dead-letter-pause-above', '100%']
  return new PipelineRun(t, [...args, ...retries, ...letters], { logLevel })
}

/** Lines of one kind of failure, and the failures that they say had none. */
function failuresOf(lines: readonly LogLine[], event: string) {
  const omitted = lines.filter(({ last }) => (last as LogLine | undefined)?.event === event)
  return {
    shown: lines.filter((line) => line.event === event).length,
    omitted: omitted.reduce((sum, { more }) => sum + Number(more), 0),
  }
}

t.test('a handler that fails for everything fills no log: what has no line is counted', async (t) => {
  const run = twoThousand('info')
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { read: 2000, retried: 2000, deadLettered: 2000 })
  for (const event of ['recordRetried', 'recordDeadLettered']) {
    const { shown, omitted } = failuresOf(run.lines, event)
    t.equal(shown + omitted, 2000)
    t.ok(shown >= 10 && omitted > 0, `${shown} lines for ${event}`)
  }
  t.equal(run.lines.at(-1)?.event, 'finished', 'the account comes last')
})

t.test('who debugs sees every attempt', async (t) => {
  const run = twoThousand('debug')
  t.match(await run.ended, { code: 0 })
  t.same(failuresOf(run.lines, 'recordRetried'), { shown: 2000, omitted: 0 })
})
