import t from 'tap'
import { Outlet } from '../../../src/primary/router/outlet.js'
import { Room } from '../../../src/primary/router/room.js'
import { MemoryQueue } from '../../../src/queue/memory.js'

t.test(
  'records without a result that wait for one beside them are counted until they are settled',
  async (t) => {
    const listener = { readable() {}, writable() {}, failed() {} }
    const queue = new MemoryQueue({ records: 100, bytes: 1000 }, listener as never)
    const outlet = new Outlet({ queue, room: new Room(queue, () => true), inputOrder: undefined })
    const batch = { width: 1, count: 1, payload: Buffer.from('x'), origins: { from: 1 } }
    t.same(outlet.done([0, 4], 3, batch), [])
    t.equal(outlet.dropped, 3)
    t.same(
      outlet.done([4, 6], 2, undefined),
      [{ from: 4, to: 6 }],
      'with no result at all they are settled at once',
    )
    t.equal(outlet.dropped, 3)
    t.same(outlet.secured({ from: 0, to: 1 }), [{ from: 0, to: 4 }])
    t.equal(outlet.dropped, 0)
  },
)
