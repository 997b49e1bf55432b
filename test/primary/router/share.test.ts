import fc from 'fast-check'
import t from 'tap'
import { shareOf } from '../../../src/primary/router/share.js'

t.test(
  'while something waits, somebody may have it, and nobody more than half of a window above the even share',
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
        const shares = workers.map((worker) => shareOf(worker, stock))
        const even = Math.ceil(records / workers.length)
        return (
          shares.some((share) => share > 0) &&
          shares.every((share, index) => {
            const { window, least, inHand } = workers[index]!
            return share === 0 || share + inHand <= Math.max(even, Math.ceil(window / 2), least)
          })
        )
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
