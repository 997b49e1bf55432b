import fc from 'fast-check'
import t from 'tap'
import { RestartPolicy } from '../../../src/primary/processes/restart-policy.js'

const settings = { intensity: 3, period: 1000, backoff: 100, maxBackoff: 300 }

t.test('within any period there are never more restarts than the intensity allows', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(600), { maxLength: 60 }), (waits) => {
      const policy = new RestartPolicy(settings)
      const restarts: number[] = []
      let now = 0
      for (const wait of waits) {
        now += wait
        const left = policy.budgetLeft(now)
        const delay = policy.died(now, 0.5)
        if ((delay === undefined) !== (left === 0)) return false
        if (delay !== undefined) restarts.push(now)
        if (restarts.filter((at) => at > now - settings.period).length > settings.intensity) return false
      }
      return true
    }),
  )
  t.pass()
})

t.test(
  'the first replacement is immediate, and waits double up to the longest until there is progress',
  async (t) => {
    const policy = new RestartPolicy({ ...settings, intensity: 10 })
    const waits = () => [1, 2, 3, 4, 5].map((now) => policy.died(now, 0.99999))
    t.same(
      waits().map((ms) => Math.round(ms!)),
      [0, 100, 200, 300, 300],
    )
    t.equal(new RestartPolicy(settings).died(0, 0.9), 0)
    policy.progressed()
    t.equal(policy.died(6, 0.5), 0)
    t.equal(policy.died(7, 0), 50, 'half of the wait is jitter')
  },
)

t.test('a record that took workers along costs their place one death in all', async (t) => {
  const policy = new RestartPolicy(settings)
  policy.died(1, 0)
  t.type(policy.died(2, 0, false), 'number')
  t.type(policy.died(3, 0, false), 'number')
  t.equal(policy.budgetLeft(3), 2, 'only the one that nobody was named for')
  policy.refund(1)
  policy.charge(3)
  t.equal(policy.budgetLeft(3), 2)
  for (const now of [4, 5]) policy.charge(now)
  t.type(policy.died(5, 0, false), 'number', 'the budget is used up')
  policy.charge(6)
  t.equal(policy.died(6, 0, false), undefined, 'and then it is overdrawn')
  t.type(policy.died(1006, 0, false), 'number', 'until a period has passed')
})
