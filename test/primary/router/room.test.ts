import t from 'tap'
import { Room } from '../../../src/primary/router/room.js'
import { MemoryQueue } from '../../../src/queue/memory.js'
import { recordsOf } from '../../queue/batches.js'
import { Recorder } from '../../queue/recorder.js'

function roomOf(records: number) {
  const queue = new MemoryQueue({ records, bytes: 1e6 }, new Recorder())
  return { queue, room: new Room(queue) }
}

t.test('no worker reserves more than its share, so that none is left without', async (t) => {
  const { room } = roomOf(10)
  for (const worker of ['a', 'b', 'c']) {
    const records = room.recordsFor(worker, { inHand: 0, window: 100 }, 3)
    t.equal(records, 3)
    t.equal(room.reserve(worker, records).records, 3)
    t.equal(room.recordsFor(worker, { inHand: records, window: 100 }, 3), 0)
  }
})

t.test(
  'a worker that is done before another could be sent anything may reserve nearly all there is',
  async (t) => {
    const { room } = roomOf(10)
    t.equal(room.recordsFor('a', { inHand: 0, window: 1250 }, 3), 5)
    t.equal(room.recordsFor('a', { inHand: 0, window: 8192 }, 3), 8)
    room.reserve('a', 8)
    for (const other of ['b', 'c']) {
      t.equal(room.recordsFor(other, { inHand: 0, window: 1 }, 3), 1, 'each other may have a record in hand')
      room.reserve(other, 1)
    }
  },
)

t.test('what a worker has reserved and not used serves its next records', async (t) => {
  const { room } = roomOf(4)
  room.reserve('a', 2)
  t.equal(room.reserve('a', 2).records, 0)
  room.spend('a', 2, { records: 2, bytes: 10 })
  t.equal(room.reserve('a', 2).records, 2)
})

t.test('results beyond what was reserved are a breach', async (t) => {
  const { room } = roomOf(4)
  room.reserve('a', 1)
  t.throws(() => room.spend('a', 1, { records: 2, bytes: 10 }), /without room/)
})

t.test(
  'more results than there could ever be room for are let in alone, when the queue is empty',
  async (t) => {
    const { queue, room } = roomOf(4)
    queue.offer(recordsOf(1), 0)
    room.reserve('a', 1)
    room.reserve('b', 1)
    room.ask('a', { records: 9, bytes: 90 })
    room.ask('b', { records: 8, bytes: 80 })
    t.same([...room.answers()], [])

    const piece = queue.take({ records: 1, bytes: 1e6 })!
    queue.decide(piece)
    t.match([...room.answers()], [['a', { records: 8 }]])
    t.same([...room.answers()], [], 'one at a time')
    room.spend('a', 1, { records: 9, bytes: 90 })
    t.match([...room.answers()], [['b', { records: 7 }]])
  },
)

t.test('a worker that died leaves its room, and what it asked for, to the others', async (t) => {
  const { room } = roomOf(4)
  room.reserve('a', 3)
  room.ask('a', { records: 9, bytes: 90 })
  t.match([...room.answers()], [['a', {}]])
  room.release('a')
  room.ask('b', { records: 9, bytes: 90 })
  t.match([...room.answers()], [['b', { records: 9 }]])
})
