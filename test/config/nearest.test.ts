import fc from 'fast-check'
import t from 'tap'
import { didYouMean, nearest } from '../../src/config/nearest.js'

t.test('a mistyped name finds the right one', async (t) => {
  const names = ['inQueue', 'outQueue', 'workers', 'worker']
  t.equal(nearest('inQueu', names), 'inQueue')
  t.equal(nearest('in_queue', names), 'inQueue')
  t.equal(nearest('wrokers', names), 'workers')
  t.equal(didYouMean('outqueue', names), '; did you mean `outQueue`?')
})

t.test('nothing is suggested when nothing is close', async (t) => {
  t.equal(nearest('banana', ['inQueue', 'codec']), undefined)
  t.equal(nearest('x', ['to']), undefined)
  t.equal(didYouMean('banana', ['inQueue']), '')
})

t.test('a name that exists is its own nearest', async () => {
  const name = fc.stringMatching(/^[a-z]{3,12}$/)
  fc.assert(
    fc.property(name, fc.array(name), (wanted, others) => nearest(wanted, [...others, wanted]) === wanted),
  )
})
