import t from 'tap'
import { BEAT_MS, LEASE_MS, LOST_MS, Vigil } from '../../src/join/vigil.js'
import { FakeClock } from '../fake-clock.js'

function watching() {
  const clock = new FakeClock()
  const told: string[] = []
  const vigil = new Vigil({
    clock,
    patience: LOST_MS,
    beat: () => told.push('beat'),
    lost: () => told.push('lost'),
  })
  return { clock, told, vigil }
}

t.test('it gives a sign of life every second, as long as it hears one', async (t) => {
  const { clock, told, vigil } = watching()
  for (let i = 0; i < 20; i++) {
    clock.pass(BEAT_MS)
    vigil.heard()
  }
  t.equal(told.length, 20)
  t.notOk(told.includes('lost'))
})

t.test('silence for long enough is told of once, and nothing follows', async (t) => {
  const { clock, told } = watching()
  clock.pass(LOST_MS - 1)
  t.notOk(told.includes('lost'))
  clock.pass(10 * LOST_MS)
  t.equal(told.filter((what) => what === 'lost').length, 1)
  t.equal(told.at(-1), 'lost')
})

t.test('one that has ended says nothing', async (t) => {
  const { clock, told, vigil } = watching()
  vigil.end()
  clock.pass(10 * LOST_MS)
  t.same(told, [])
  t.equal(clock.timers, 0)
})

t.test('what arrived while this end stood still is heard before the other is judged', async (t) => {
  const { clock, told, vigil } = watching()
  clock.arrive = () => vigil.heard()
  clock.pass(10 * LOST_MS)
  t.notOk(told.includes('lost'))
})

t.test('an outpost has ended its workers clearly before others get their records', async (t) => {
  t.ok(LEASE_MS + 2 * BEAT_MS < LOST_MS)
})
