import t from 'tap'
import { standsStill } from '../../src/model/pulse.js'
import { pulse } from '../fixtures/control/pipeline.js'

t.test(
  'records stand still when nothing happened to them between two looks and nobody has them',
  async (t) => {
    const resting = { ...pulse, waitsFor: 'worker:1, which has 3 in hand' }
    t.ok(standsStill(pulse, pulse))
    t.notOk(standsStill(undefined, pulse), 'one look says nothing')
    t.notOk(standsStill(pulse, { ...pulse, steps: pulse.steps + 1 }), 'one of them moved')
    t.notOk(standsStill(pulse, resting), 'a worker has one now')
    t.notOk(standsStill(resting, pulse), 'a worker had one a moment ago')
  },
)
