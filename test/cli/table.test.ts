import t from 'tap'
import { bytes, duration, table } from '../../src/cli/table.js'

t.test('columns are aligned, numbers at the right', async (t) => {
  const text = table([
    ['NAME', 'READ'],
    ['a', '5'],
    ['longer', '1,200'],
  ])
  t.equal(text, 'NAME     READ\na           5\nlonger  1,200')
})

t.test('bytes and seconds are written for people', async (t) => {
  t.same([0, 1023, 1536, 2 ** 40].map(bytes), ['0 B', '1023 B', '1.5 kB', '1024.0 GB'])
  t.same([5.9, 65, 3660, 90_000].map(duration), ['5s', '1m 5s', '1h 1m', '1d 1h'])
})
