import fc from 'fast-check'
import t from 'tap'
import { shareOf } from '../../../src/primary/router/share.js'

t.test(
  'while something waits, whoever has less than the even share may have it, and nobody gets much more',
  async (t) => {
    const sharers = fc.array(
      fc.record({
        window: fc.integer({ min: 1, max: 9000 }),
        least: fc.integer({ min: 1, max: 500 }),
        inHand: fc.nat(9000),
      }),
      { minLength: 1, maxLength: 64 },
    )
    fc.assert(
      fc.property(sharers, fc.integer({ min: 1, max: 20_000 }), (workers, waiting) => {
        const records = waiting + workers.reduce((sum, { inHand }) => sum + inHand, 0)
        const stock = { records, workers: workers.length }
        const even = records / workers.length
        return workers.every((worker) => {
          const { window, least, inHand } = worker
          const share = shareOf(worker, stock)
          const half = Math.ceil(window / 2)
          const goesWithout = share === 0 && inHand < Math.max(even, half, least)
          const most = Math.max(Math.ceil(even), half < 32 ? 0 : even + half / 2, half, least)
          return !goesWithout && (share === 0 || share + inHand <= most)
        })
      }),
    )
    t.pass()
  },
)

t.test('what one worker alone can take is not cut, and a handler of batches gets whole ones', async (t) => {
  const idle = { window: 8192, least: 1, inHand: 0 }
  t.ok(shareOf(idle, { records: 4096 + 3 * 8192, workers: 4 }) >= 4096, 'the others have their hands full')
  t.ok(shareOf(idle, { records: 4096, workers: 4 }) >= 4096, 'a batch of fast records')
  t.equal(shareOf({ window: 500, least: 500, inHand: 0 }, { records: 500, workers: 4 }), 500)
  t.equal(
    shareOf({ window: 50, least: 1, inHand: 0 }, { records: 32, workers: 2 }),
    25,
    'slow records are spread',
  )
  t.equal(shareOf({ window: 50, least: 1, inHand: 25 }, { records: 30, workers: 2 }), 0)
})

t.test('a burst of slow records leaves no worker with nothing', async (t) => {
  const stock = { records: 18, workers: 4 }
  const lent: number[] = []
  for (let waiting = 18; waiting > 0; ) {
    const share = Math.min(waiting, shareOf({ window: 6, least: 1, inHand: 0 }, stock))
    lent.push(share)
    waiting -= share
  }
  t.same(lent, [5, 5, 5, 3])
})
