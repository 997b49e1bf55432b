import t from 'tap'
import { type DemandParts, demandOf } from '../../../src/primary/router/demand.js'
import { Port } from '../../../src/primary/router/port.js'
import { FakeLink } from '../../fake-link.js'

class Worker extends FakeLink {
  readonly key = 'worker'
}

function port(about: Partial<Pick<Port, 'window' | 'least' | 'draining'>>, credit = 0): Port {
  const made = Object.assign(new Port(new Worker(), 0), { least: 1, ...about })
  made.credit.grant({ records: credit, bytes: 1000 })
  return made
}

const usual: Omit<DemandParts, 'ports'> = { inHand: () => 0, waiting: 0, reports: 1000 }

t.test('batches are half of what a worker wants in hand, and never very short', async (t) => {
  t.equal(demandOf({ ...usual, ports: [port({ window: 8000 }), port({ window: 4000 })] }).batch, 3000)
  t.equal(demandOf({ ...usual, ports: [port({ window: 2 })] }).batch, 32)
  t.equal(demandOf({ ...usual, ports: [] }).batch, 32, 'also before there is a worker')
})

t.test('little is read until it is known how fast records are, but enough for all to begin', async (t) => {
  const one = [port({ window: 1 })]
  t.equal(demandOf({ ...usual, ports: one, reports: 0 }).most, 256)
  t.equal(demandOf({ ...usual, ports: one }).most, Infinity)
  const many = Array.from({ length: 8 }, () => port({ window: 1, least: 100 }))
  t.equal(demandOf({ ...usual, ports: many, reports: 0 }).most, 1600)
})

t.test('a worker starves when nothing waits and it has less than half of what it wants', async (t) => {
  const ports = [port({ window: 100 }, 10)]
  const starving = (parts: Partial<DemandParts>) => demandOf({ ...usual, ports, ...parts }).starving
  t.ok(starving({ inHand: () => 49 }))
  t.notOk(starving({ inHand: () => 50 }))
  t.notOk(starving({ waiting: 1 }))
  t.notOk(starving({ ports: [port({ window: 100 })] }), 'it could be lent nothing')
  t.notOk(starving({ ports: [port({ window: 100, draining: true }, 10)] }))
  t.ok(starving({ ports: [port({ window: 1, least: 8 }, 1)], inHand: () => 7 }), 'one hand is free')
})
