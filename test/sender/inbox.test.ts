import fc from 'fast-check'
import t from 'tap'
import { placesIn } from '../../src/model/pairs.js'
import { Inbox } from '../../src/sender/inbox.js'

t.test(
  'results come out in order with their places, stay until they are dropped, and know their piece',
  async (t) => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ add: fc.integer({ min: 1, max: 9 }), skip: fc.nat(3) }),
        fc.record({ drop: fc.integer({ min: 1, max: 9 }) }),
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(steps, (history) => {
        const inbox = new Inbox()
        let model: number[] = []
        let next = 0
        const borders = [0]
        for (const step of history) {
          if ('add' in step) {
            const values = Array.from(
              { length: step.skip + step.add },
              (_, index) => next - step.skip + index,
            )
            inbox.add({ values, ids: { prefix: 'id', first: next - step.skip } }, next, step.skip, step.add)
            for (let i = 0; i < step.add; i++) model.push(next++)
            borders.push(next)
          } else {
            const delivery = inbox.peek(step.drop)
            const places = [...placesIn(delivery.places)]
            const results = 'results' in delivery ? delivery.results : []
            if (places.join() !== model.slice(0, step.drop).join()) return false
            if (results.some(({ value, id }, at) => value !== places[at] || id !== `id${places[at]}`))
              return false
            inbox.drop(results.length)
            model = model.slice(results.length)
          }
          if (inbox.size !== model.length) return false
          const head = next - model.length
          if (inbox.atBorder !== borders.includes(head)) return false
          const border = borders.find((border) => border > head) ?? head
          if (inbox.leftOfPiece !== border - head) return false
        }
        return true
      }),
    )
    t.pass()
  },
)
