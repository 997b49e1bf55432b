import fc from 'fast-check'
import t from 'tap'
import { GIVE_UPS_WINDOW, GiveUps } from '../../src/flow/give-ups.js'

t.test('it knows of the last 1,000 settled records exactly which share was given up', async (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom('settled', 'givenUp'), records: fc.nat(30) }),
    fc.record({ kind: fc.constantFrom('settled', 'givenUp'), records: fc.nat(3_000) }),
    { weight: 1, arbitrary: fc.constant({ kind: 'reset', records: 0 }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (history) => {
      const giveUps = new GiveUps()
      let model: boolean[] = []
      for (const { kind, records } of history) {
        if (kind === 'reset') giveUps.reset()
        else if (kind === 'settled') giveUps.settled(records)
        else giveUps.givenUp(records)
        const added = Array<boolean>(records).fill(kind === 'givenUp')
        model = kind === 'reset' ? [] : [...model, ...added].slice(-GIVE_UPS_WINDOW)
        const bad = model.filter(Boolean).length
        if (giveUps.above(bad / GIVE_UPS_WINDOW)) return false
        if (bad > 0 && !giveUps.above((bad - 1) / GIVE_UPS_WINDOW)) return false
      }
      return true
    }),
  )
  t.pass()
})

t.test('a share of 20% is passed by the 201st of 1,000, and by none of a short run before it', async (t) => {
  const giveUps = new GiveUps()
  giveUps.givenUp(200)
  t.notOk(giveUps.above(0.2))
  giveUps.settled(799)
  t.notOk(giveUps.above(0.2))
  giveUps.givenUp(1)
  t.ok(giveUps.above(0.2))
})

t.test('what was given up long ago does not count, and nothing does after somebody said go on', async (t) => {
  const giveUps = new GiveUps()
  giveUps.givenUp(1_000_000)
  t.ok(giveUps.above(0.999))
  t.notOk(giveUps.above(1), 'a share of all never passes')
  giveUps.settled(800)
  t.notOk(giveUps.above(0.2))
  t.ok(giveUps.above(0.199))
  giveUps.reset()
  t.notOk(giveUps.above(0))
  giveUps.givenUp(1)
  t.ok(giveUps.above(0))
})
