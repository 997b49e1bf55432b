import t from 'tap'
import { availableCpus, boundedBy } from '../../src/config/available-cpus.js'

t.test("a container's limit bounds the cores, down to one", async (t) => {
  t.equal(boundedBy('max 100000\n', 8), 8)
  t.equal(boundedBy('', 8), 8)
  t.equal(boundedBy('200000 100000\n', 8), 2)
  t.equal(boundedBy('250000 100000\n', 8), 2)
  t.equal(boundedBy('50000 100000\n', 8), 1)
  t.equal(boundedBy('1600000 100000\n', 8), 8)
})

t.test('there is always a core to use', async (t) => {
  t.ok(availableCpus() >= 1)
})
