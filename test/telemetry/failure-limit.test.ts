import fc from 'fast-check'
import t from 'tap'
import type { PipelineEvent } from '../../src/telemetry/events.js'
import { FAILURES_A_SECOND, limitFailures, type Omitted } from '../../src/telemetry/failure-limit.js'
import { FakeClock } from '../fake-clock.js'

const retried = (id: string): PipelineEvent => ({
  ...({ type: 'recordRetried', attempt: 1, inMs: 200, error: 'no' } as const),
  id,
})
const givenUp = (id: string): PipelineEvent => ({
  ...({ type: 'recordDeadLettered', attempts: 5, error: 'no', to: '/dead' } as const),
  id,
})
const running: PipelineEvent = { type: 'stateChanged', state: 'running', reason: null }
const finished = { type: 'finished', summary: {} } as PipelineEvent

/** What came through, in order: the ids of failures, types of other events, and `+n id` for the rest. */
function limited() {
  const clock = new FakeClock()
  const through: string[] = []
  const pass = (event: PipelineEvent) => through.push('id' in event && event.id ? event.id : event.type)
  const tell = ({ more, last }: Omitted) => through.push(`+${more} ${last.id}`)
  return { clock, through, hear: limitFailures(pass, tell, clock) }
}

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`)

t.test('ten failures a second pass, and of the rest their number and the last', async (t) => {
  const { clock, through, hear } = limited()
  for (const id of ids(0, 50)) hear(retried(id))
  clock.pass(999)
  t.same(through, ids(0, 10))
  clock.pass(1)
  t.same(through, [...ids(0, 10), '+40 49'])
  for (const id of ids(50, 61)) hear(retried(id))
  clock.pass(1_000)
  t.same(through, [...ids(0, 10), '+40 49', ...ids(50, 60), '+1 60'])
})

t.test('retries and dead letters are limited each by themselves, and other events are not', async (t) => {
  const { clock, through, hear } = limited()
  for (const id of ids(0, 12)) {
    hear(retried(id))
    hear(givenUp(`dead ${id}`))
    hear(running)
  }
  clock.pass(1_000)
  t.equal(through.filter((said) => said === 'stateChanged').length, 12)
  t.equal(through.filter((said) => /^\d/.test(said)).length, 10)
  t.equal(through.filter((said) => /^dead/.test(said)).length, 10)
  t.same(through.slice(-2), ['+2 11', '+2 dead 11'])
})

t.test('what did not pass is told before the account, and no timer is left behind', async (t) => {
  const { clock, through, hear } = limited()
  for (const id of ids(0, 11)) hear(retried(id))
  hear(givenUp('dead'))
  hear(finished)
  t.same(through.slice(-3), ['dead', '+1 10', 'finished'])
  t.equal(clock.timers, 0)
})

t.test('a few failures pass as they are, and leave nothing to tell', async (t) => {
  const { clock, through, hear } = limited()
  for (const id of ids(0, FAILURES_A_SECOND)) hear(retried(id))
  clock.pass(5_000)
  t.same(through, ids(0, FAILURES_A_SECOND))
  t.equal(clock.timers, 0)
})

t.test('every failure passes or is counted, and no second sees more than ten lines and one', async (t) => {
  const steps = fc.array(fc.record({ wait: fc.nat(700), failures: fc.nat(30) }), { maxLength: 40 })
  fc.assert(
    fc.property(steps, (history) => {
      const { clock, through, hear } = limited()
      let heard = 0
      for (const { wait, failures } of history) {
        clock.pass(wait)
        for (let i = 0; i < failures; i++) hear(retried(`${heard++}`))
      }
      hear(finished)
      const counts = through.map((said) => (said.startsWith('+') ? Number.parseInt(said, 10) : 1))
      const seconds = Math.floor(clock.now() / 1_000) + 1
      return counts.reduce((sum, count) => sum + count, 0) === heard + 1 && through.length <= seconds * 11 + 1
    }),
  )
  t.pass()
})
