import fc from 'fast-check'
import t from 'tap'
import { formatSize, longestDuration, parseDuration, parseSize } from '../../src/config/quantities.js'

t.test('a duration is a number of milliseconds or a number with a unit', async (t) => {
  t.equal(parseDuration('200ms'), 200)
  t.equal(parseDuration('10s'), 10_000)
  t.equal(parseDuration('1.5m'), 90_000)
  t.equal(parseDuration('1h'), 3_600_000)
  t.equal(parseDuration('2d'), 172_800_000)
  t.equal(parseDuration(0), 0)
})

t.test('what is no duration, or longer than a timer can wait, is refused', async (t) => {
  for (const wrong of [
    '10',
    '10 parsecs',
    's',
    '-1s',
    '',
    '25d',
    -1,
    Number.NaN,
    longestDuration + 1,
    null,
    {},
  ]) {
    t.equal(parseDuration(wrong), undefined, String(wrong))
  }
})

t.test('a size is a number of bytes or a number with a unit of powers of two', async (t) => {
  t.equal(parseSize('64mb'), 64 * 2 ** 20)
  t.equal(parseSize('1.5KB'), 1536)
  t.equal(parseSize('1gb'), 2 ** 30)
  t.equal(parseSize(1), 1)
})

t.test('what is no size is refused', async (t) => {
  for (const wrong of ['64', '64tb', '0mb', '', 0, -1, 1.5, 2 ** 53, null]) {
    t.equal(parseSize(wrong), undefined, String(wrong))
  }
})

t.test('a formatted size reads back as itself', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (size) => {
      return parseSize(formatSize(size).replace(' bytes', 'b')) === size
    }),
  )
})
