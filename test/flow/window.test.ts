import fc from 'fast-check'
import t from 'tap'
import { Window, WORK_IN_HAND_MS } from '../../src/flow/window.js'

const MOST = 8192

const measurements = fc.array(
  fc.record({ records: fc.nat(1000), ms: fc.double({ min: 0, max: 10_000, noNaN: true }) }),
)

t.test(
  'a window is never smaller than what is handled at once, and never larger than its bound',
  async (t) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 600 }),
        measurements,
        (atOnce, least, list) => {
          const window = new Window(MOST, atOnce, least)
          if (window.size !== Math.max(atOnce, least)) return false
          for (const { records, ms } of list) {
            window.measure(records, ms)
            if (window.size < Math.max(atOnce, least) || window.size > MOST) return false
            if (window.excess(window.size) !== 0) return false
          }
          return true
        },
      ),
    )
    t.pass()
  },
)

t.test('slow records are dealt out one by one, fast ones by the thousand', async (t) => {
  const slow = new Window(MOST)
  slow.measure(1, 2 * WORK_IN_HAND_MS)
  t.equal(slow.size, 1)
  const fast = new Window(MOST)
  fast.measure(1000, 1)
  t.equal(fast.size, MOST)
  for (let i = 0; i < 30; i++) fast.measure(1, 100)
  t.equal(fast.size, 1, 'and a window follows its records')
})

t.test('one hiccup takes nothing away; two in a row free what would wait too long', async (t) => {
  const window = new Window(MOST)
  window.measure(1000, 1)
  window.measure(1, 1)
  t.equal(window.excess(1000), 0)
  window.measure(1, 1)
  t.equal(window.excess(1000), 1000 - window.size)
})

t.test('one measurement is enough when everything in hand would wait for seconds', async (t) => {
  const window = new Window(MOST)
  window.measure(1000, 1)
  window.measure(1, 400)
  t.equal(window.excess(15), 15 - window.size)
})

t.test('a process that never pauses takes more at once, and says later what it has done', async (t) => {
  const window = new Window(10_000)
  window.measure(100, 100)
  t.match(
    { reach: window.reach, size: window.size, patience: window.patience },
    { reach: 51, size: 51, patience: 22.5 },
  )
  window.stretch(500)
  t.match(
    { reach: window.reach, size: window.size, patience: window.patience },
    { reach: 101, size: 51, patience: 45 },
  )
  window.stretch(60_000)
  t.match(
    { reach: window.reach, size: window.size, patience: window.patience },
    { reach: 101, size: 51, patience: 45 },
  )
  window.stretch(0)
  t.equal(window.reach, 51)
})

t.test('with a bookmark a death costs one record, so more slow ones may be in hand', async (t) => {
  const reachAfter = (msPerRecord: number, hasBookmark: boolean) => {
    const window = new Window(10_000, 1, 1, hasBookmark)
    window.measure(100, 100 * msPerRecord)
    window.stretch(60_000)
    return window.reach
  }
  t.equal(reachAfter(1, true), 201)
  t.equal(reachAfter(1, false), 101)
  t.equal(reachAfter(0.25, true), 401, 'fast ones are not marked')
  const window = new Window(10_000, 1, 1, true)
  for (let i = 0; i < 2; i++) window.measure(100, 100)
  window.stretch(60_000)
  t.equal(window.excess(250), 0, 'what was taken on purpose has not waited too long')
  t.equal(window.excess(400), 400 - window.reach)
})
