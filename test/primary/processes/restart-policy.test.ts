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
