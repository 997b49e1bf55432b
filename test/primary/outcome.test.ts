import t from 'tap'
import { MillraceError } from '../../src/errors.js'
import { exitCodeOf, outcomeOf } from '../../src/primary/outcome.js'

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
