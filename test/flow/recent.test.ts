import fc from 'fast-check'
import t from 'tap'
import { Recent } from '../../src/flow/recent.js'

t.test('growth is that of the window alone, and from the very beginning all of it', async (t) => {
  const recent = new Recent(10_000, 0, { read: 0 })
  for (let second = 1; second <= 30; second++)
    recent.note(second * 1000, { read: second <= 20 ? 0 : second - 20 })
  t.same(recent.growth(30_000, { read: 10 }), { ms: 10_000, of: { read: 10 } })
  t.same(recent.growth(35_000, { read: 10 }), { ms: 10_000, of: { read: 5 } })
  t.same(recent.sinceStart(35_000, { read: 10 }), { ms: 35_000, of: { read: 10 } })
})

t.test('before a whole window has passed, it is as long as there is', async (t) => {
  const recent = new Recent(10_000, 500, { read: 3 })
  t.same(recent.growth(500, { read: 3 }), { ms: 0, of: { read: 0 } })
  t.same(recent.growth(2500, { read: 5 }), { ms: 2000, of: { read: 2 } })
})

t.test('nobody has to come at fixed times: what grew evenly did so in the window too', async (t) => {
  const steps = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(steps, (waits) => {
      const recent = new Recent(10_000, 0, { busy: 0 })
      let now = 0
      for (const wait of waits) {
        now += wait
        const { ms, of } = recent.growth(now, { busy: now / 2 })
        if (Math.abs(of.busy - ms / 2) > 1e-6 || ms !== Math.min(now, 10_000))
          throw new Error(`${of.busy} in ${ms}`)
        recent.note(now, { busy: now / 2 })
      }
    }),
  )
  t.pass()
})

t.test('what is corrected downwards has not grown', async (t) => {
  const recent = new Recent(10_000, 0, { busy: 0 })
  recent.note(1000, { busy: 900 })
  t.same(recent.growth(12_000, { busy: 100 }).of, { busy: 0 })
})
