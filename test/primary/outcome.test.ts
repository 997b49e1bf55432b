import t from 'tap'
import { MillraceError } from '../../src/errors.js'
import { noCounters } from '../../src/model/counters.js'
import { exitCodeOf, outcomeOf, summaryOf } from '../../src/primary/outcome.js'
import { sentenceOf } from '../../src/telemetry/log.js'

t.test('each ending has its outcome and its exit code', async (t) => {
  const failed = { kind: 'failed', error: new MillraceError('bad_config', 'no') } as const
  const crashed = { kind: 'failed', error: new MillraceError('internal', 'no') } as const
  for (const [ending, returned, outcome, code] of [
    [{ kind: 'sourceEnded' }, 0, 'finished', 0],
    [{ kind: 'drained' }, 0, 'drained', 0],
    [{ kind: 'stopped' }, 0, 'stopped', 0],
    [{ kind: 'stopped' }, 3, 'stopped', 75],
    [{ kind: 'sinkClosed' }, 3, 'stopped', 0],
    [failed, 3, 'failed', 78],
    [crashed, 0, 'failed', 1],
  ] as const) {
    t.equal(outcomeOf(ending), outcome)
    t.equal(exitCodeOf(ending, returned), code, `${ending.kind} with ${returned} returned`)
  }
})

t.test('what is returned to a live source is lost, and the account says so', async (t) => {
  const counters = { ...noCounters, read: 10, delivered: 7, returned: 3 }
  const run = { running: 0, lastSettled: 2000, restarts: { writer: 0, worker: 0, sender: 0 } }
  const ofSource = (sourceKind: 'live' | 'positioned' | undefined) =>
    summaryOf('mill', { kind: 'stopped' }, { counters, total: counters }, { ...run, sourceKind })
  t.match(ofSource('live'), { returned: 3, lost: 3, seconds: 2 })
  t.match(ofSource('positioned'), { returned: 3, lost: 0 })
  t.match(ofSource(undefined), { lost: 0 })
  const text = (sourceKind: 'live' | 'positioned') =>
    sentenceOf({ type: 'finished', summary: ofSource(sourceKind) }).text
  t.match(text('live'), /\+ returned 3 \(lost, because a live source cannot be read again\); /)
  t.match(text('positioned'), /\+ returned 3; /)
})
