import t from 'tap'
import { Account } from '../../../src/flow/account.js'
import { FlowMeter } from '../../../src/primary/router/flow-meter.js'
import { Intake } from '../../../src/primary/router/intake.js'
import { MemoryQueue } from '../../../src/queue/memory.js'
import { FakeLink } from '../../fake-link.js'

const CAPACITY = 10

class Writer extends FakeLink {
  readonly key = 'writer/1'

  /** Records that it was granted, one number for each grant. */
  get grants(): readonly number[] {
    return this.all('credit').map(({ body }) => body.records)
  }
}

/** The beginning of a pipeline, with an in-queue of so many records. */
function intakeOf(records: number) {
  const quiet = { readable: () => {}, writable: () => {}, blocked: () => {}, failed: () => {} }
  const queue = new MemoryQueue({ records, bytes: 1e6 }, quiet)
  const from = { place: 0, settledBeyond: [] }
  const now = () => 0
  const intake = new Intake({
    ...{ queue, account: new Account(), flow: new FlowMeter(now), from, now },
    ...{ read: () => {}, passed: () => {} },
  })
  const writer = new Writer()
  intake.attach(writer)
  return { queue, intake, writer }
}

/** An in-queue that its writer has filled, and of which nothing is taken. */
function full() {
  const made = intakeOf(CAPACITY)
  const { intake } = made
  intake.grant({ batch: 32, wanted: 1, starving: true })
  for (let i = 0; i < CAPACITY; i++) intake.accept({ count: 1, position: `${i}` }, new Uint8Array(1))
  return made
}

const every = { records: 1, bytes: 1000 }

t.test(
  'the writer is granted half of the in-queue at once, while everybody has something to do',
  async (t) => {
    const { queue, intake, writer } = full()
    t.same(writer.grants, [CAPACITY])
    for (let i = 0; i < CAPACITY; i++) {
      queue.decide(queue.take(every)!)
      intake.grant({ batch: 32, wanted: 1, starving: false })
    }
    t.same(writer.grants, [CAPACITY, 5, 5])
  },
)

t.test(
  'a worker that has nothing to do gets what room there is, however much others hold for ever',
  async (t) => {
    const { queue, intake, writer } = full()
    const pieces = Array.from({ length: CAPACITY }, () => queue.take(every)!)
    for (const piece of pieces.slice(0, 3)) queue.decide(piece)
    intake.grant({ batch: 32, wanted: 1, starving: false })
    t.same(writer.grants, [CAPACITY])
    intake.grant({ batch: 32, wanted: 1, starving: true })
    t.same(writer.grants, [CAPACITY, 3])
    intake.grant({ batch: 32, wanted: 1, starving: true })
    t.same(writer.grants, [CAPACITY, 3], 'and no more than there is')

    intake.accept({ count: 1, position: '10' }, new Uint8Array(1))
    queue.decide(queue.take(every)!)
    intake.grant({ batch: 32, wanted: 1, starving: true })
    t.same(writer.grants, [CAPACITY, 3], 'nor in crumbs, while it has not used up what it has')
  },
)

t.test(
  'the queue counts as small until something was worked off, since batches may be of the wrong length till then',
  async (t) => {
    const { queue, intake, writer } = intakeOf(2000)
    const send = (count: number, length: number) => {
      for (let left = count; left > 0; left -= length)
        intake.accept({ count: length, position: '' }, new Uint8Array(1))
    }
    const workOff = (count: number) => {
      for (let left = count; left > 0; ) {
        const piece = queue.take({ records: left, bytes: 1000 })!
        left -= piece.to - piece.from
        queue.decide(piece)
      }
    }
    intake.grant({ batch: 32, wanted: 1, starving: true })
    t.same(writer.grants, [256])
    send(256, 32)
    intake.grant({ batch: 32, wanted: 1, starving: false })
    t.same(writer.grants, [256], 'nothing was worked off')
    workOff(50)
    intake.grant({ batch: 32, wanted: 1, starving: false })
    t.same(writer.grants, [256, 224], 'four for each of fifty, and no batch that is not whole')
    send(224, 32)
    workOff(400)
    intake.grant({ batch: 100, wanted: 1, starving: false })
    t.same(writer.grants, [256, 224, 1970], 'all there is room for, where batches are shorter than wanted')
  },
)

t.test('many workers that can begin much at once all get something to begin with', async (t) => {
  const { intake, writer } = intakeOf(16_384)
  intake.grant({ batch: 50, wanted: 64 * 100, starving: true })
  t.ok(writer.grants[0]! >= 64 * 100)
})
