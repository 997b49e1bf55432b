import t from 'tap'
import { Ledger } from '../../../src/flow/ledger.js'
import { RateLimit } from '../../../src/flow/rate.js'
import { Backlog } from '../../../src/primary/router/backlog.js'
import { FlowMeter } from '../../../src/primary/router/flow-meter.js'
import { Lending } from '../../../src/primary/router/lending.js'
import { Port } from '../../../src/primary/router/port.js'
import { Retries } from '../../../src/primary/router/retries.js'
import { Suspects } from '../../../src/primary/router/suspects.js'
import { MemoryQueue } from '../../../src/queue/memory.js'
import { FakeClock } from '../../fake-clock.js'
import { FakeLink } from '../../fake-link.js'
import { recordsOf } from '../../queue/batches.js'

class Worker extends FakeLink {
  readonly key = 'worker:1/1'

  /** Records that it was lent, one number for each lend. */
  get lends(): readonly number[] {
    return this.all('lend').map(({ body }) => body.count)
  }
}

/** Batches of so many records that wait for a worker that wants 100 in hand, and can begin one at once. */
function waiting(...lengths: number[]) {
  const clock = new FakeClock()
  const now = () => clock.now()
  const inQueue = new MemoryQueue(
    { records: 1000, bytes: 1e6 },
    { readable: () => {}, writable: () => {}, blocked: () => {}, failed: () => {} },
  )
  let place = 0
  for (const length of lengths) {
    inQueue.offer(recordsOf(length), place)
    place += length
  }
  const retries = new Retries({
    policy: { attempts: 3, backoff: 10, factor: 2, maxBackoff: 100 },
    clock,
    extract: (piece) => piece,
    retried: () => {},
    giveUp: () => {},
    wake: () => {},
  })
  const suspects = new Suspects()
  const worker = new Worker()
  const port = new Port(worker, 0)
  port.least = 1
  port.window = 100
  const lending = new Lending({
    inQueue,
    ports: new Map([[worker.key, port]]),
    ledger: new Ledger(),
    room: undefined,
    backlog: new Backlog({ inQueue, retries, suspects, keys: undefined, full: () => false }),
    rate: new RateLimit(undefined, 0),
    inputOrder: undefined,
    flow: new FlowMeter(now),
    now,
  })
  const grant = (records: number) => {
    port.credit.grant({ records, bytes: 1e6 })
    lending.lendAll()
  }
  return { worker, grant }
}

t.test(
  'a worker that has others in hand is not lent a small part of a batch, but the batch later',
  async (t) => {
    const { worker, grant } = waiting(10, 200)
    grant(10)
    t.same(worker.lends, [10])
    grant(30)
    t.same(worker.lends, [10], 'less than half of what it wants')
    grant(20)
    t.same(worker.lends, [10, 50])
  },
)

t.test('a batch that fits is lent whole, however small it is', async (t) => {
  const { worker, grant } = waiting(10, 5, 200)
  grant(10)
  grant(8)
  t.same(worker.lends, [10, 5])
})

t.test('a worker that has nothing in hand is lent whatever it may have', async (t) => {
  const { worker, grant } = waiting(200)
  grant(3)
  t.same(worker.lends, [3])
})
