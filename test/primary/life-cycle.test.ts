import t from 'tap'
import { MillraceError } from '../../src/errors.js'
import { LifeCycle } from '../../src/primary/life-cycle.js'

const failure = (message: string) =>
  ({ kind: 'failed', error: new MillraceError('internal', message) }) as const

function watched() {
  const told: string[] = []
  const life = new LifeCycle((state, reason) => told.push(reason ? `${state}: ${reason}` : state))
  return { life, told }
}

t.test('a pipeline goes from starting to over, and tells each state once', async (t) => {
  const { life, told } = watched()
  t.equal(life.state, 'starting')
  life.enter('running')
  life.because({ kind: 'drained' })
  life.enter('ending')
  life.enter('closing')
  life.enter('over')
  t.same(told, ['running', 'draining', 'finished'])
})

t.test('it never goes back, and never runs again once it is over', async (t) => {
  const { life } = watched()
  life.enter('closing')
  t.throws(() => life.enter('running'), /cannot go from closing to running/)
  life.enter('over')
  t.throws(() => life.enter('closing'), /cannot go from over to closing/)
})

t.test('it is blocked as long as anything blocks it, and says what does', async (t) => {
  const { life, told } = watched()
  life.enter('running')
  life.block('sender', 'the sink fails')
  life.block('in-queue', 'no server')
  t.equal(life.state, 'blocked')
  t.equal(life.reason, 'the sink fails; no server')
  life.block('sender', undefined)
  t.equal(life.state, 'blocked')
  life.block('in-queue', undefined)
  t.equal(life.state, 'running')
  t.same(told, ['running', 'blocked: the sink fails', 'running'])
})

t.test(
  'the first reason for its end stands, but a stop overrides a drain, and a failure everything',
  async (t) => {
    const { life } = watched()
    life.enter('running')
    life.because({ kind: 'drained' })
    life.because({ kind: 'sourceEnded' })
    t.equal(life.ending?.kind, 'drained')
    life.because({ kind: 'stopped' })
    t.equal(life.ending?.kind, 'stopped')
    life.because(failure('first'))
    life.because(failure('second'))
    life.because({ kind: 'stopped' })
    t.equal(life.state, 'failed')
    t.equal(life.reason, 'first')
  },
)
