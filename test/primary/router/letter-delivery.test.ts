import fc from 'fast-check'
import t from 'tap'
import { decodeBatch } from '../../../src/codec/batch.js'
import { codecNamed } from '../../../src/codec/codec.js'
import type { Message } from '../../../src/link/messages.js'
import type { DeadLetter } from '../../../src/model/dead-letter.js'
import { LetterDelivery } from '../../../src/primary/router/letter-delivery.js'

const codec = codecNamed('json')
const nothing = new Uint8Array(0)
const credit = (records: number) => ({ records, bytes: 10_000 })

const letterOf = (id: string): DeadLetter => ({
  id,
  stage: 'worker',
  attempts: 1,
  at: '2026-01-01T00:00:00.000Z',
  error: { name: 'Error', message: 'no' },
  value: { of: id },
})

/** A sender that keeps what it is lent, by place, until it is told what to say about it. */
class LentTo {
  readonly lent: { readonly place: number; readonly id: string }[] = []

  constructor(readonly key: string) {}

  send(_kind: string, body: { readonly from: number }, payload: Uint8Array): void {
    const { id } = decodeBatch(payload, 1, codec).values[0] as DeadLetter
    this.lent.push({ place: body.from, id })
  }
}

const ready = (records: number): Message => ({ kind: 'ready', body: credit(records), payload: nothing })

const confirm = (place: number, reason?: string): Message => ({
  kind: 'confirm',
  body: {
    done: [place, place + 1],
    ...(reason !== undefined && { rejected: [{ place, reason, id: '', value: nothing }] }),
    credit: credit(1),
    activity: { handled: 1, busy: 0, window: 1 },
  },
  payload: nothing,
})

t.test('letters are lent within the credit of their sender, in order, and kept when confirmed', async (t) => {
  const delivery = new LetterDelivery('null:', codec)
  const kept: string[] = []
  for (const id of ['a', 'b', 'c']) void delivery.keep(letterOf(id)).then(() => kept.push(id))
  const sender = new LentTo('one')
  delivery.attach(sender as never)
  t.same(sender.lent, [], 'it has granted nothing')
  delivery.message('one', ready(2))
  t.same(
    sender.lent.map(({ id }) => id),
    ['a', 'b'],
  )
  t.equal(delivery.inHand, 2)
  delivery.message('one', confirm(0))
  await delivery.settled()
  t.same(kept, ['a'])
  t.equal(delivery.count, 1)
  t.same(
    sender.lent.map(({ id }) => id),
    ['a', 'b', 'c'],
    'what it confirms makes room',
  )
})

t.test('a letter that the sink rejects fails, and names the sink and the reason', async (t) => {
  const delivery = new LetterDelivery('./letters.mjs', codec)
  delivery.attach(new LentTo('one') as never)
  delivery.message('one', ready(1))
  const asked = delivery.keep(letterOf('a'))
  delivery.message('one', confirm(0, 'too long'))
  await t.rejects(asked, { code: 'deadletter_unwritable', message: /letters\.mjs rejected .* a: too long/ })
  t.equal(delivery.count, 0)
})

t.test('whenever senders die, each letter is kept once, and by one that had it in hand', async (t) => {
  const steps = fc.array(fc.constantFrom('keep', 'confirm', 'die'), { size: 'max', maxLength: 200 })
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 5 }), async (steps, room) => {
      const delivery = new LetterDelivery('null:', codec)
      const kept: string[] = []
      let senders = 0
      let letters = 0
      let sender = new LentTo('0')
      const hire = () => {
        sender = new LentTo(String(++senders))
        delivery.attach(sender as never)
        delivery.message(sender.key, ready(room))
      }
      const confirmNext = () => {
        const next = sender.lent.shift()
        if (next) delivery.message(sender.key, confirm(next.place))
      }
      hire()
      for (const step of steps) {
        if (step === 'keep') {
          const id = String(letters++)
          void delivery.keep(letterOf(id)).then(() => kept.push(id))
        } else if (step === 'confirm') {
          confirmNext()
        } else {
          delivery.detach(sender.key)
          hire()
        }
        if (sender.lent.length > room || delivery.inHand !== sender.lent.length) return false
      }
      while (sender.lent.length > 0) confirmNext()
      await delivery.settled()
      const inOrder = kept.every((id, index) => id === String(index))
      return inOrder && kept.length === letters && delivery.count === letters
    }),
  )
  t.pass()
})
