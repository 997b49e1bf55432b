import t from 'tap'
import type { Misfortune } from '../../../chaos/misfortune.js'
import type { Scenario } from '../../../chaos/scenario.js'
import type { Observed, Performed } from '../../../chaos/verdict/observed.js'
import { judge } from '../../../chaos/verdict/verdict.js'
import { life, observed, result, resultsOfThree } from '../observed.js'

const failed = (more: Partial<Observed>, scenario?: Partial<Scenario>) =>
  judge(observed(more, scenario))
    .filter(({ ok }) => !ok)
    .map(({ name }) => name)

const performed = (misfortune: Misfortune, more: Partial<Performed> = {}): Performed => ({
  misfortune,
  at: 0,
  fell: true,
  inFlight: 5,
  life: 0,
  ...more,
})

const kill = (target: 'primary' | 'worker:1') => performed({ at: 0, kind: 'kill', target, early: false })

t.test('a trial in which everything went well has nothing against it', async (t) => {
  t.same(failed({}), [])
})

t.test('a result that is missing, doubled or made up is noticed', async (t) => {
  t.same(failed({ deliveries: [result(0), result(3), result(3, 1)] }), ['nothing is lost'])
  t.same(failed({ deliveries: [result(0), result(0), ...resultsOfThree()] }), [
    'the file has everything once',
  ])
  t.same(failed({ deliveries: [result(0), result(1), ...resultsOfThree()] }), ['nothing is made up'])
  t.same(failed({ strange: ['half a li'] }), ['nothing is made up'])
})

t.test('order is looked at as it was asked for', async (t) => {
  const deliveries = [...resultsOfThree(), result(0)]
  t.same(failed({ deliveries }), [])
  t.same(failed({ deliveries }, { order: 'input' }), ['the order of the input is kept'])
  t.same(failed({ deliveries }, { order: 'key', keys: 3 }), ['the order of each key is kept'])
  t.same(failed({ deliveries }, { order: 'key', keys: 2 }), [])
})

t.test(
  'a record that is given up must be one of those expected, or have been killed from outside',
  async (t) => {
    const name = 'the dead letters are those expected'
    const expected = { number: 2, cause: 'always' }
    t.same(failed({ letters: [] }), [name])
    t.same(failed({ letters: [expected, { number: 0, cause: 'oops' }] }), [name])
    const letters = [expected, { number: 0, cause: 'its worker died: killed by SIGKILL' }]
    const deliveries = resultsOfThree()
    t.same(failed({ letters, deliveries }), [name], 'nobody was killed')
    const kills = [kill('worker:1'), kill('worker:1'), kill('worker:1')]
    t.same(failed({ letters, deliveries, performed: kills }), [])
  },
)

t.test(
  'a second copy in the log needs a sender that died with it in hand, or a checkpoint without it',
  async (t) => {
    const log = { sink: 'log' } as const
    const rest = resultsOfThree(101)
    const lives = [
      life(0, { events: life(0).events.slice(0, 2), exit: { code: null, signal: 'SIGKILL' } }),
      life(1),
    ]
    const twice = {
      lives,
      deliveries: [result(0, 0, 1), result(0, 0, 101), ...rest],
      performed: [kill('primary')],
    }
    const checkpoint = (place: number) =>
      new Map([[1, { place, settledBeyond: [] }]]) as unknown as Observed['checkpoints']
    t.same(failed({ ...twice, checkpoints: checkpoint(0) }, log), [])
    t.same(failed({ ...twice, checkpoints: checkpoint(1) }, log), [
      'nothing is delivered that the checkpoint had settled',
    ])
    const one = [result(0, 0, 1), result(0, 0, 1), ...resultsOfThree(1)]
    t.same(failed({ deliveries: one }, log), ['redelivered is only what was in a dead sender’s hands'])
  },
)

t.test('a pipeline that hangs, leaves processes, grows or ends by itself is noticed', async (t) => {
  t.same(failed({ end: 'stuck' }), ['it never hangs'])
  t.same(failed({ leftOver: ['millrace chaos worker:1'] }), ['no process is left over'])
  t.same(failed({ peaks: new Map([[0, 2 ** 30]]) }), ['no primary outgrows its bound'])
  const lives = [life(0, { exit: { code: null, signal: 'SIGKILL' } }), life(1)]
  t.same(failed({ lives }), ['no primary ended without being told to'])
  t.same(failed({ lives, performed: [kill('primary')] }), [])
})

t.test('an account that does not add up, or not to what is known, is noticed', async (t) => {
  const summary = { outcome: 'finished', read: 4, delivered: 3, dropped: 1, deadLettered: 1, returned: 0 }
  const events = [{ event: 'finished', summary: { ...summary, total: summary } }] as const
  t.same(failed({ lives: [life(0, { events: [...events] })] }), ['every account adds up'])
})

t.test('a schedule whose kills fell on an idle pipeline proves nothing', async (t) => {
  const idle = { ...kill('worker:1'), inFlight: 0 }
  const name = 'the misfortunes fell while records were in flight'
  t.same(failed({ performed: [kill('worker:1'), idle] }), [])
  t.same(failed({ performed: [kill('worker:1'), idle, idle] }), [name])
})
