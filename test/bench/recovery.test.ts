import t from 'tap'
import { type Arrivals, recoveryOf } from '../../bench/recovery.js'

/** A result a millisecond from each worker over its spans of time. */
function arrivals(spans: readonly (readonly [pid: number, from: number, to: number])[]): Arrivals {
  const all = spans.flatMap(([pid, from, to]) =>
    Array.from({ length: to - from }, (_, index) => ({ pid, time: from + index })),
  )
  all.sort((one, other) => one.time - other.time)
  return { times: all.map(({ time }) => time), pids: all.map(({ pid }) => pid) }
}

t.test('throughput is as before when the replacement delivers at full speed', (t) => {
  const seen = arrivals([
    [1, 0, 1000],
    [2, 0, 3000],
    [3, 1300, 3000],
  ])
  t.equal(recoveryOf(seen, 1000), 300)
  t.end()
})

t.test('a replacement that is slow at first has not recovered with its first result', (t) => {
  const slowly = arrivals([
    [1, 0, 1000],
    [2, 0, 3000],
    [3, 1200, 1201],
    [3, 1500, 3000],
  ])
  const recovered = recoveryOf(slowly, 1000)
  t.ok(recovered && recovered > 470 && recovered <= 500, String(recovered))
  t.end()
})

t.test('throughput that never comes back is told so', (t) => {
  const lonely = arrivals([
    [1, 0, 1000],
    [2, 0, 3000],
  ])
  t.equal(recoveryOf(lonely, 1000), undefined)
  const weak = arrivals([
    [1, 0, 1000],
    [2, 0, 3000],
    [3, 1100, 1150],
  ])
  t.equal(recoveryOf(weak, 1000), undefined)
  t.equal(recoveryOf({ times: [], pids: [] }, 1000), undefined)
  t.end()
})
