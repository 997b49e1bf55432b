import t from 'tap'
import { MillraceError } from '../../src/errors.js'
import { LifeCycle } from '../../src/primary/life-cycle.js'
import type { Ending } from '../../src/primary/outcome.js'

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

t.test('a reason that two give is told once, and none is left when it is over', async (t) => {
  const { life, told } = watched()
  life.enter('running')
  life.block('in', 'no server')
  life.block('out', 'no server')
  t.equal(life.reason, 'no server')
  life.because({ kind: 'drained' })
  life.enter('closing')
  life.enter('over')
  t.same(told, ['running', 'blocked: no server', 'draining: no server', 'finished'])
})

t.test('while it runs it can be paused, for more than one reason, until somebody says go on', async (t) => {
  const { life, told } = watched()
  life.enter('running')
  life.pause('300 of the last 1,000 records were given up')
  life.pause('asked to pause')
  t.match(life, { paused: true, state: 'paused' })
  t.equal(life.reason, '300 of the last 1,000 records were given up; asked to pause')
  life.resume()
  t.match(life, { paused: false, state: 'running', reason: null })
  t.same(told, ['running', 'paused: 300 of the last 1,000 records were given up', 'running'])
})

t.test('a pause hides what blocks it, which shows again afterwards', async (t) => {
  const { life, told } = watched()
  life.enter('running')
  life.block('sender', 'the sink fails')
  life.pause('asked to pause')
  life.block('in-queue', 'no server')
  t.match(life, { state: 'paused', reason: 'asked to pause' })
  life.resume()
  t.match(life, { state: 'blocked', reason: 'the sink fails; no server' })
  t.same(told, [
    'running',
    'blocked: the sink fails',
    'paused: asked to pause',
    'blocked: the sink fails; no server',
  ])
})

t.test('a pause before it runs holds from the moment that it does', async (t) => {
  const { life, told } = watched()
  life.pause('asked to pause')
  t.match(life, { paused: true, state: 'starting', reason: null })
  life.enter('running')
  t.same(told, ['paused: asked to pause'])
})

t.test('a drain, a stop and the end of the source end a pause, and nothing pauses an end', async (t) => {
  const ends: [Ending, 'ending' | 'closing', string][] = [
    [{ kind: 'drained' }, 'ending', 'draining'],
    [{ kind: 'stopped' }, 'closing', 'draining'],
    [{ kind: 'sourceEnded' }, 'closing', 'finished'],
    [failure('out of water'), 'ending', 'failed: out of water'],
  ]
  for (const [ending, phase, shown] of ends) {
    const { life, told } = watched()
    life.enter('running')
    life.pause('asked to pause')
    life.because(ending)
    life.enter(phase)
    t.notOk(life.paused)
    life.pause('again')
    t.notOk(life.paused)
    t.same(told, ['running', 'paused: asked to pause', shown])
  }
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
