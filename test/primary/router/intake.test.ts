import fc from 'fast-check'
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
function intakeOf(records: number, limit?: number) {
  const quiet = { readable: () => {}, writable: () => {}, blocked: () => {}, failed: () => {} }
  const queue = new MemoryQueue({ records, bytes: 1e6 }, quiet)
  const from = { place: 0, settledBeyond: [] }
  const now = () => 0
  const intake = new Intake({
    ...{ queue, account: new Account(), flow: new FlowMeter(now), from, now },
    ...{ read: () => {}, passed: () => {}, limit },
  })
  const writer = new Writer()
  intake.attach(writer)
  return { queue, intake, writer }
}

/** An in-queue that its writer has filled, and of which nothing is taken. */
function full() {
  const made = intakeOf(CAPACITY)
  const { intake } = made
  intake.grant({ batch: 32, most: Infinity, starving: true })
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
      intake.grant({ batch: 32, most: Infinity, starving: false })
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
    intake.grant({ batch: 32, most: Infinity, starving: false })
    t.same(writer.grants, [CAPACITY])
    intake.grant({ batch: 32, most: Infinity, starving: true })
    t.same(writer.grants, [CAPACITY, 3])
    intake.grant({ batch: 32, most: Infinity, starving: true })
    t.same(writer.grants, [CAPACITY, 3], 'and no more than there is')

    intake.accept({ count: 1, position: '10' }, new Uint8Array(1))
    queue.decide(queue.take(every)!)
    intake.grant({ batch: 32, most: Infinity, starving: true })
    t.same(writer.grants, [CAPACITY, 3], 'nor in crumbs, while it has not used up what it has')
  },
)

const send = (intake: Intake, count: number, length: number) => {
  for (let left = count; left > 0; left -= length)
    intake.accept({ count: Math.min(left, length), position: '' }, new Uint8Array(1))
}

function workOff(queue: MemoryQueue, count: number): void {
  for (let left = count; left > 0; ) {
    const piece = queue.take({ records: left, bytes: 1000 })!
    left -= piece.to - piece.from
    queue.decide(piece)
  }
}

t.test(
  'the queue holds no more than is said, and whole batches, as long as the source makes such',
  async (t) => {
    const { queue, intake, writer } = intakeOf(2000)
    intake.grant({ batch: 32, most: 256, starving: true })
    t.same(writer.grants, [256])
    send(intake, 256, 32)
    intake.grant({ batch: 32, most: 256, starving: false })
    t.same(writer.grants, [256])
    workOff(queue, 50)
    intake.grant({ batch: 32, most: 410, starving: false })
    t.same(writer.grants, [256], 'less than half of it is free')
    intake.grant({ batch: 32, most: 450, starving: false })
    t.same(writer.grants, [256, 224], 'and 20 more would make a small batch')
    send(intake, 224, 32)
    workOff(queue, 400)
    intake.grant({ batch: 100, most: Infinity, starving: false })
    t.same(writer.grants, [256, 224, 1970], 'all there is room for, where batches are shorter than wanted')
  },
)

t.test('a limit that is no multiple of a batch is read to its end', async (t) => {
  const { queue, intake, writer } = intakeOf(1000, 100)
  let granted = 0
  while (!intake.ended) {
    intake.grant({ batch: 32, most: 64, starving: true })
    const more = writer.grants.reduce((sum, records) => sum + records, 0) - granted
    granted += more
    if (!t.ok(more > 0, `${granted} were granted`)) break
    send(intake, more, 32)
    workOff(queue, more)
  }
  t.equal(granted, 100)
})

t.test('whoever has little to do is granted something, whenever there is room', async (t) => {
  const any = fc.record({
    capacity: fc.integer({ min: 1, max: 300 }),
    batch: fc.integer({ min: 1, max: 400 }),
    most: fc.constantFrom(1, 64, Infinity),
    steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat(100)), { maxLength: 20 }),
  })
  fc.assert(
    fc.property(any, ({ capacity, batch, most, steps }) => {
      const { queue, intake, writer } = intakeOf(capacity)
      for (const [length, done] of steps) {
        intake.grant({ batch, most, starving: true })
        const { size } = queue
        const left = Math.min(capacity, most) - size.records
        if (intake.granted > Math.max(0, left)) return false
        if (intake.granted === 0 && left > 0) return false
        send(intake, intake.granted, length)
        workOff(queue, Math.min(done, queue.size.records))
      }
      return writer.grants.every((records) => records >= 0)
    }),
  )
  t.pass()
})
