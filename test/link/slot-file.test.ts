import { closeSync, openSync } from 'node:fs'
import t, { type Test } from 'tap'
import { GrantedSlots } from '../../src/link/granted-slots.js'
import { SLOT_CAPACITY, SlotFile } from '../../src/link/slot-file.js'
import { Stored } from '../../src/model/payload.js'

/** Two processes' views of one file. */
function views(t: Test) {
  const path = `${t.testdir({})}/memory`
  const files = [openSync(path, 'w+'), openSync(path, 'r+')]
  t.teardown(() => files.forEach(closeSync))
  return files.map((file) => new SlotFile(file)) as [SlotFile, SlotFile]
}

t.test('what one process puts into a slot, another takes out', async (t) => {
  const [writes, reads] = views(t)
  const large = Buffer.alloc(SLOT_CAPACITY, 'millrace')
  t.ok(writes.write({ slot: 3, generation: 1 }, large))
  t.ok(writes.write({ slot: 2, generation: 7 }, Buffer.from('little')))
  t.same(Buffer.from(reads.read({ slot: 3, generation: 1, byteLength: large.length })), large)
  t.equal(Buffer.from(reads.read({ slot: 2, generation: 7, byteLength: 6 })).toString(), 'little')
  t.equal(Buffer.from(reads.read({ slot: 2, generation: 7, byteLength: 6 }, 3)).toString(), 'lit')
  t.equal(reads.read({ slot: 2, generation: 7, byteLength: 6 }, 9).byteLength, 6)
})

t.test('a slot that was given to somebody else is not taken for what it was', async (t) => {
  const [writes, reads] = views(t)
  writes.write({ slot: 0, generation: 1 }, Buffer.from('first'))
  writes.write({ slot: 0, generation: 2 }, Buffer.from('other'))
  const wrong = /slot 0 of the shared memory holds something else/
  t.throws(() => reads.read({ slot: 0, generation: 1, byteLength: 5 }), wrong)
  t.throws(() => reads.read({ slot: 0, generation: 2, byteLength: 50 }), wrong, 'more than there is')
})

t.test('bytes go into a slot if that pays, there is one, and there is memory', async (t) => {
  const [file, reads] = views(t)
  const slots = new GrantedSlots(file)
  const bytes = Buffer.alloc(20_000, 'x')
  t.notOk(slots.keep(bytes) instanceof Stored, 'nothing was granted')
  slots.grant([5, 1, 6, 1])
  t.notOk(slots.keep(Buffer.alloc(100)) instanceof Stored, 'too few')
  t.notOk(slots.keep(Buffer.alloc(SLOT_CAPACITY + 1)) instanceof Stored, 'too many')
  const kept = slots.keep(bytes) as Stored
  t.match(kept, { address: { slot: 6, generation: 1, byteLength: 20_000 }, byteLength: 20_000 })
  bytes.fill('y')
  t.same(Buffer.from(reads.read(kept.address)), Buffer.alloc(20_000, 'x'))

  const nowhere = openSync('/dev/full', 'r+')
  t.teardown(() => closeSync(nowhere))
  const memoryless = new GrantedSlots(new SlotFile(nowhere))
  memoryless.grant([0, 1])
  const copy = memoryless.keep(bytes)
  t.ok(copy instanceof Uint8Array, 'in a buffer of its own')
  t.not(copy, bytes)
  t.same(copy, bytes)
})
