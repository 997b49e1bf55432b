import t from 'tap'
import { checkLimit, readLimit } from '../../src/config/limit.js'

t.test('a limit is a whole number of at least 1, as a number or in a command line', async (t) => {
  t.equal(checkLimit(1, '`limit`'), 1)
  t.equal(readLimit('250', '--limit'), 250)
  t.equal(readLimit('007', '--limit'), 7)
})

t.test('anything else is wrong usage, told by the name it was given with', async (t) => {
  const error = (message: string) => ({ code: 'bad_usage', exitCode: 2, message })
  for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null]) {
    t.throws(() => checkLimit(limit, '`limit`'), { code: 'bad_usage' }, String(limit))
  }
  t.throws(() => checkLimit('5', '`limit`'), error("`limit` must be a whole number of at least 1, not '5'"))
  for (const text of ['', '1e3', '-1', '1.0', 'all', '9'.repeat(20)]) {
    t.throws(() => readLimit(text, '--limit'), { code: 'bad_usage', message: /^--limit must be/ }, text)
  }
  t.throws(() => readLimit('0', '--limit'), error('--limit must be a whole number of at least 1, not 0'))
})
