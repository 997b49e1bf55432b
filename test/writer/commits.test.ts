import t from 'tap'
import type { Source } from '../../src/model/source.js'
import { sourceFrom } from '../../src/writer/user-module.js'
import { Reader } from './reader.js'

interface Call {
  readonly position: unknown
  readonly settledBeyond: unknown
  work(): void
  fail(): void
}

/** A source that is told what is settled, and answers when the test says so. */
class Broker implements Source {
  readonly kind = 'positioned'
  readonly calls: Call[] = []
  closed = false
  #wake = () => {}

  async *open() {}

  commit(position: unknown, settledBeyond: unknown): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.calls.push({
        position,
        settledBeyond,
        work: resolve,
        fail: () => reject(new Error('broker away')),
      })
      this.#wake()
    })
  }

  async close(): Promise<void> {
    this.closed = true
  }

  /** The call of that number, once it is made. */
  async call(number: number): Promise<Call> {
    while (this.calls.length < number)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    return this.calls[number - 1]!
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const answers = (reader: Reader) => reader.link.all('committed').length

t.test(
  'a commit reaches the source with what is settled beyond it, and is answered when it is done',
  async (t) => {
    const broker = new Broker()
    const reader = await new Reader().start(broker)
    t.ok(reader.loop.commits)
    reader.commit({ offset: 7 }, 2, 3, 5, 9)
    const call = await broker.call(1)
    t.match(call, {
      position: { offset: 7 },
      settledBeyond: [
        { from: 2, to: 3 },
        { from: 5, to: 9 },
      ],
    })
    await turn()
    t.equal(answers(reader), 0)
    call.work()
    await reader.link.until(() => answers(reader) === 1)
  },
)

t.test('commits are made one at a time, and of those that wait only the newest', async (t) => {
  const broker = new Broker()
  const reader = await new Reader().start(broker)
  for (const position of [1, 2, 3]) reader.commit(position)
  const first = await broker.call(1)
  await turn()
  t.equal(broker.calls.length, 1)
  first.work()
  const second = await broker.call(2)
  t.equal(second.position, 3)
  second.work()
  await reader.link.until(() => answers(reader) === 2)
  t.equal(broker.calls.length, 2)
})

t.test('a commit that fails is tried again after a growing wait, and answered when it worked', async (t) => {
  const broker = new Broker()
  const reader = await new Reader().start(broker)
  reader.commit(1)
  for (const [number, wait] of [100, 200, 400].entries()) {
    ;(await broker.call(number + 1)).fail()
    await turn()
    reader.clock.pass(wait - 1)
    await turn()
    t.equal(broker.calls.length, number + 1)
    reader.clock.pass(1)
  }
  t.equal(answers(reader), 0)
  ;(await broker.call(4)).work()
  await reader.link.until(() => answers(reader) === 1)
})

t.test('a commit that waits for its next try makes way for a newer one', async (t) => {
  const broker = new Broker()
  const reader = await new Reader().start(broker)
  reader.commit(1)
  ;(await broker.call(1)).fail()
  await turn()
  reader.commit(2)
  reader.clock.pass(100)
  const again = await broker.call(2)
  t.equal(again.position, 2)
  again.work()
  await reader.link.until(() => answers(reader) === 1)
  await turn()
  t.equal(broker.calls.length, 2)
})

t.test('a stop tries a commit that waits once more, and then lets go of the source', async (t) => {
  for (const works of [true, false]) {
    const broker = new Broker()
    const reader = await new Reader().start(broker)
    reader.commit(1)
    ;(await broker.call(1)).fail()
    await turn()
    const stopped = reader.loop.stop()
    const last = await broker.call(2)
    t.notOk(broker.closed)
    if (works) last.work()
    else last.fail()
    await stopped
    t.ok(broker.closed)
    t.equal(answers(reader), works ? 1 : 0)
    t.equal(broker.calls.length, 2)
  }
})

t.test('a stop does not wait for ever for a commit that never ends', async (t) => {
  const broker = new Broker()
  const reader = await new Reader().start(broker)
  reader.commit(1)
  await broker.call(1)
  const stopped = reader.loop.stop()
  reader.clock.pass(60_000)
  await stopped
  t.ok(broker.closed)
})

t.test('a drain ends the reading while a commit is tried again', async (t) => {
  const broker = new Broker()
  const reader = await new Reader().start(broker)
  reader.commit(1)
  ;(await broker.call(1)).fail()
  await turn()
  reader.loop.drain()
  await reader.link.until(() => reader.link.all('end').length === 1)
  reader.clock.pass(100)
  ;(await broker.call(2)).work()
  await reader.link.until(() => answers(reader) === 1)
  t.equal(broker.calls.length, 2)
})

t.test('a source without commits says so, and has nothing to be told', async (t) => {
  const reader = await new Reader().start({ kind: 'counted', async *open() {} })
  t.notOk(reader.loop.commits)
  reader.commit(1)
  await reader.link.until(() => answers(reader) === 1)
})

t.test('a source that a module is, or makes, is told of commits', async (t) => {
  const ref = { path: '/mill/writer.mjs', with: {} }
  for (const made of [(broker: Broker) => broker, (broker: Broker) => () => broker]) {
    const broker = new Broker()
    const reader = await new Reader().start(sourceFrom({ default: made(broker) }, ref))
    t.ok(reader.loop.commits)
    reader.commit(1)
    t.equal((await broker.call(1)).position, 1)
  }
  const plain = await new Reader().start(sourceFrom({ default: () => [1] }, ref))
  t.notOk(plain.loop.commits)
})
