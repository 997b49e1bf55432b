import t from 'tap'
import { Receiver } from '../../src/flow/receiver.js'
import { Window } from '../../src/flow/window.js'
import { Confirmations, type Taken } from '../../src/sender/confirmations.js'
import { FakeLink } from '../fake-link.js'

function confirming(together: boolean) {
  const link = new FakeLink()
  const window = new Window(100)
  const receiver = new Receiver(window, 1000)
  receiver.grant()
  const confirmations = new Confirmations({ link, receiver, window, together })
  const taken = (from: number, more: Partial<Taken> = {}): Taken => ({
    ...{ count: 1, places: [from, from + 1], rejected: [], state: {}, busy: 0.01 },
    ...more,
  })
  const confirmed = () => link.all('confirm').map(({ body }) => body.done)
  return { confirmations, taken, confirmed, link }
}

t.test('quick deliveries are confirmed together when nothing more is at hand', async (t) => {
  const { confirmations, taken, confirmed, link } = confirming(true)
  confirmations.confirm(taken(3), true)
  confirmations.confirm(taken(4), true)
  t.same(confirmed(), [])
  confirmations.confirm(taken(9), false)
  t.same(confirmed(), [[3, 5, 9, 10]])
  t.match(link.sent[0]!.body, { activity: { handled: 3 } })
})

t.test('or as soon as the event loop goes on, or somebody asks', async (t) => {
  const { confirmations, taken, confirmed } = confirming(true)
  confirmations.confirm(taken(3), true)
  await new Promise((resolve) => setImmediate(resolve))
  t.same(confirmed(), [[3, 4]])
  confirmations.confirm(taken(4), true)
  confirmations.flush()
  confirmations.flush()
  t.same(confirmed(), [
    [3, 4],
    [4, 5],
  ])
})

t.test('one that took its time, or was rejected, is confirmed at once', async (t) => {
  const { confirmations, taken, confirmed } = confirming(true)
  confirmations.confirm(taken(3), true)
  confirmations.confirm(taken(4, { busy: 2 }), true)
  t.same(confirmed(), [[3, 5]])
  const rejected = [{ place: 5, reason: 'no', id: 'x', value: new Uint8Array() }]
  confirmations.confirm(taken(5, { rejected }), true)
  t.same(confirmed(), [
    [3, 5],
    [5, 6],
  ])
})

t.test('a sink that keeps a state has each delivery confirmed with it', async (t) => {
  const { confirmations, taken, link } = confirming(false)
  for (const from of [1, 2]) confirmations.confirm(taken(from, { state: { state: `${from}` } }), true)
  t.match(
    link.all('confirm').map(({ body }) => body),
    [
      { done: [1, 2], state: '1' },
      { done: [2, 3], state: '2' },
    ],
  )
})
