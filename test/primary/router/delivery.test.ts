import t from 'tap'
import { Account } from '../../../src/flow/account.js'
import { Delivery } from '../../../src/primary/router/delivery.js'
import { MemoryQueue } from '../../../src/queue/memory.js'

const credit = { records: 1, bytes: 100 }

function deliveryFrom(sinkState: string | undefined): Delivery {
  const listener = { readable() {}, writable() {}, blocked() {}, failed() {} }
  return new Delivery({
    queue: new MemoryQueue({ records: 10, bytes: 1000 }, listener),
    account: new Account(),
    sinkState,
    keep: () => {},
    delivered: () => {},
    settled: () => {},
    marked: () => {},
    synced: () => {},
    now: () => 0,
  })
}

t.test('a new sender goes back to what its predecessor began with, if that confirmed nothing', async (t) => {
  const delivery = deliveryFrom('7')
  t.notOk(delivery.begun)
  delivery.ready({ ...credit, state: '9' })
  t.ok(delivery.begun)
  t.equal(delivery.sinkState, '9')
  t.equal(delivery.credit, 1)
  delivery.ready(credit)
  t.equal(delivery.sinkState, '9', 'a sink that says nothing changes nothing')
})
