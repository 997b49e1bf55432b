import t from 'tap'
import { Account } from '../../../src/flow/account.js'
import { Delivery, type DeliveryParts } from '../../../src/primary/router/delivery.js'
import { FlowMeter } from '../../../src/primary/router/flow-meter.js'
import { MemoryQueue } from '../../../src/queue/memory.js'

const credit = { records: 1, bytes: 100 }

function deliveryFrom(sinkState: string | undefined): Delivery {
  const listener = { readable() {}, writable() {}, blocked() {}, failed() {} }
  return new Delivery({
    queue: new MemoryQueue({ records: 10, bytes: 1000 }, listener),
    account: new Account(),
    flow: new FlowMeter(() => 0),
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

t.test(
  'a sender that is asked for a checkpoint before it is ready, and again then, answers once',
  async (t) => {
    const asked: string[] = []
    const sender = (key: string) => ({ key, send: (kind: string) => void asked.push(`${kind} of ${key}`) })
    const marks: (string | undefined)[] = []
    const delivery = new Delivery({
      marked: (state: string | undefined) => marks.push(state),
      synced: () => {},
    } as Partial<DeliveryParts> as DeliveryParts)
    t.notOk(delivery.sync(), 'there is no sender')
    delivery.attach(sender('first'))
    t.ok(delivery.sync())
    t.ok(delivery.sync())
    t.same(asked, ['sync of first'])

    delivery.mark('first', { state: 'one' })
    delivery.synced('first')
    delivery.sync()
    t.same(asked, ['sync of first', 'sync of first'], 'the next checkpoint asks again')

    delivery.attach(sender('second'))
    delivery.sync()
    t.equal(asked.at(-1), 'sync of second', 'what a dead sender was asked does not count')
    t.same(marks, ['one'])
  },
)
