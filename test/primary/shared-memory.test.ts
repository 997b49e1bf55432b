import { readdirSync } from 'node:fs'
import t from 'tap'
import { GrantedSlots } from '../../src/link/granted-slots.js'
import type { Messages } from '../../src/link/messages.js'
import { SlotFile } from '../../src/link/slot-file.js'
import { Stored } from '../../src/model/payload.js'
import type { LinkEnd } from '../../src/primary/processes/child-process.js'
import { SharedMemory } from '../../src/primary/shared-memory.js'
import { MemoryQueue } from '../../src/queue/memory.js'
import { Recorder } from '../queue/recorder.js'

const only = process.platform === 'linux' ? {} : { skip: 'files in memory are used on Linux only' }

/** A process that fills what it is granted. */
function filler(memory: SharedMemory, key: string) {
  const slots = new GrantedSlots(new SlotFile(memory.file))
  const grants: number[] = []
  const end = {
    key,
    send: (_: 'slots', { granted }: Messages['slots']) => {
      grants.push(granted.length / 2)
      slots.grant(granted)
    },
  } as LinkEnd
  const keep = (text: string) => slots.keep(Buffer.alloc(10_000, text))
  return { end, grants, keep, fill: (text: string) => keep(text) as Stored }
}

t.test('the memory has no name, so it is gone with the last process', only, async (t) => {
  const folder = t.testdir({})
  const memory = SharedMemory.open({ bytes: 2 ** 20, fillers: 1 }, folder)!
  t.same(readdirSync(folder), [])
  memory.close()
})

t.test('where there is no such folder there is no such memory', async (t) => {
  t.equal(SharedMemory.open({ bytes: 2 ** 20, fillers: 1 }, `${t.testdir({})}/none`), undefined)
})

t.test('a payload is in memory until all of its batch is decided', only, async (t) => {
  const memory = SharedMemory.open({ bytes: 2 ** 20, fillers: 1 }, t.testdir({}))!
  t.teardown(() => memory.close())
  const { end, grants, fill } = filler(memory, 'writer/1')
  memory.grant(end)
  t.same(grants, [8])
  const queue = new MemoryQueue({ records: 100, bytes: 2 ** 20 }, new Recorder())
  const payload = memory.accept(end, fill('a').address)
  queue.offer({ width: 4, count: 4, payload }, 0)
  const first = queue.take({ records: 3, bytes: 2 ** 20 })!
  const second = queue.take({ records: 3, bytes: 2 ** 20 })!
  queue.decide(first)
  queue.giveBack(second)
  t.equal(memory.slots.inUse, 8)
  t.equal(Buffer.from(payload.read()).toString(), 'a'.repeat(10_000))
  queue.decide(queue.take({ records: 3, bytes: 2 ** 20 })!)
  t.equal(memory.slots.inUse, 7)
  t.throws(() => payload.release(), /released without being filled, or twice/)
})

t.test('a process that fills slots is granted more, and one that is gone loses them', only, async (t) => {
  const memory = SharedMemory.open({ bytes: 2 ** 20, fillers: 1 }, t.testdir({}))!
  t.teardown(() => memory.close())
  const { end, grants, fill } = filler(memory, 'worker:1/1')
  memory.grant(end)
  for (let i = 0; i < 4; i++) memory.accept(end, fill('b').address)
  t.same(grants, [8, 4])
  t.equal(memory.slots.inUse, 12)
  const { address } = fill('c')
  memory.lost('worker:1/1')
  t.equal(memory.slots.inUse, 4)
  t.throws(() => memory.accept(end, address), /which it was not granted/)
})

/** Lets what was just done have its effect. */
const soon = () => new Promise((resolve) => setImmediate(resolve))

t.test('a process that had no slot left is granted some as soon as there are', only, async (t) => {
  const memory = SharedMemory.open({ bytes: 2 ** 20, fillers: 1 }, t.testdir({}))!
  t.teardown(() => memory.close())
  const writer = filler(memory, 'writer/1')
  const worker = filler(memory, 'worker:1/1')
  memory.grant(worker.end)
  memory.grant(writer.end)
  const filled: Stored[] = []
  for (let payload = writer.keep('w'); payload instanceof Stored; payload = writer.keep('w')) {
    filled.push(memory.accept(writer.end, payload.address))
  }
  t.equal(memory.slots.inUse, 17, 'all that there are')
  for (const payload of filled) payload.release()
  t.notOk(writer.keep('w') instanceof Stored, 'not within the turn in which they come free')
  await soon()
  t.ok(writer.keep('w') instanceof Stored)
})

t.test('what is encoded and not sent costs no slot', only, async (t) => {
  const memory = SharedMemory.open({ bytes: 2 ** 20, fillers: 1 }, t.testdir({}))!
  t.teardown(() => memory.close())
  const { end, fill } = filler(memory, 'worker:1/1')
  memory.grant(end)
  for (let i = 0; i < 50; i++) fill('x').release()
  const { address } = fill('y')
  t.equal(Buffer.from(memory.accept(end, address).read()).toString(), 'y'.repeat(10_000))
})
