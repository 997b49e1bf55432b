import fc from 'fast-check'
import t from 'tap'
import { type Cut, cutToBounds, HighWater, oldestOf } from '../../src/dead-letters/bounds.js'
import type { LiveLine, LiveLines } from '../../src/dead-letters/live-letters.js'

const now = 1_000_000

const liveOf = (letters: readonly (readonly [bytes: number, at: number])[]) => {
  let from = 0
  return new Map(
    letters.map(([bytes, at], i): [string, LiveLine] => {
      const line = { from, bytes, at, replayable: true }
      from += bytes + 1
      return [String(i), line]
    }),
  )
}

/** The ids of what is left. */
const keptOf = (live: LiveLines, { keeps }: Cut) =>
  [...live].filter(([, line]) => keeps(line)).map(([id]) => id)

const lives = fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.nat(now))).map(liveOf)

t.test('what is kept is young enough, and the newest of what fits; all else is counted', async (t) => {
  fc.assert(
    fc.property(lives, fc.nat(3000), fc.option(fc.nat(now), { nil: undefined }), (live, maxSize, maxAge) => {
      const cut = cutToBounds(live, { maxSize, maxAge }, now)
      const { byAge, bySize } = cut
      const kept = keptOf(live, cut)
      const young = [...live].filter(([, { at }]) => maxAge === undefined || now - at < maxAge)
      const bytes = kept.reduce((sum, id) => sum + live.get(id)!.bytes + 1, 0)
      const next = young[young.length - kept.length - 1]
      return (
        kept.length + byAge + bySize === live.size &&
        byAge === live.size - young.length &&
        kept.join() ===
          young
            .slice(bySize)
            .map(([id]) => id)
            .join() &&
        (bytes <= 0.75 * maxSize || kept.length === 1) &&
        (next === undefined || bytes + next[1].bytes + 1 > 0.75 * maxSize)
      )
    }),
  )
  t.pass()
})

t.test('the newest letter stays, however large it is', async (t) => {
  const live = liveOf([
    [10, 0],
    [5000, 0],
  ])
  const cut = cutToBounds(live, { maxSize: 100 }, now)
  t.same(keptOf(live, cut), ['1'])
  t.equal(cut.bySize, 1)
})

t.test('a letter whose date nobody can read is not thrown away for its age', async (t) => {
  const live = liveOf([
    [10, Number.NaN],
    [10, 5],
    [10, 3],
  ])
  t.same(keptOf(live, cutToBounds(live, { maxSize: 1000, maxAge: 1 }, now)), ['0'])
  t.equal(oldestOf(live), 3)
  t.equal(oldestOf(new Map()), undefined)
})

t.test('a mark tells once when it is crossed, and again after it was below', async (t) => {
  const mark = new HighWater()
  const looks = [false, true, true, false, false, true, true]
  t.same(
    looks.map((above) => mark.look(above)),
    [false, true, false, false, false, true, false],
  )
})
