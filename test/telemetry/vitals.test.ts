import t from 'tap'
import { type Reading, type Vitals, VitalsWatch } from '../../src/telemetry/vitals.js'

function bench() {
  const said: Vitals[] = []
  let reading = { now: 0, active: 0, idle: 0, heapUsed: 1000 }
  const read = (): Reading => {
    const { now, active, idle, heapUsed } = reading
    return { now, heapUsed, utilization: { active, idle, utilization: 0 } }
  }
  const watch = new VitalsWatch((vitals) => said.push(vitals), read)
  /** Half a second in which the event loop was busy for a share of it, after which the timer came late. */
  const pass = (busy: number, late = 0, heapUsed = 1000) => {
    const ms = 500 + late
    const { now, active, idle } = reading
    reading = { now: now + ms, active: active + busy * ms, idle: idle + (1 - busy) * ms, heapUsed }
    watch.look()
  }
  return { said, pass }
}

t.test('a process says every two seconds how busy its event loop was, and its latest timer', async (t) => {
  const { said, pass } = bench()
  for (const late of [0, 120, 3]) pass(0.5, late)
  t.same(said, [])
  pass(0.5)
  t.same(said, [{ utilization: 0.5, delayMs: 120, heapUsed: 1000 }])
})

t.test('as long as nothing changes it says nothing', async (t) => {
  const { said, pass } = bench()
  for (let i = 0; i < 40; i++) pass(0, 1, 1000 + i)
  t.equal(said.length, 1)
  for (let i = 0; i < 4; i++) pass(1)
  t.match(said[1], { utilization: 1 })
  for (let i = 0; i < 4; i++) pass(1, 0, 5000)
  t.match(said[2], { heapUsed: 5000 })
})
