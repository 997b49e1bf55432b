import fc from 'fast-check'
import t from 'tap'
import { joinSpans, widthOf } from '../../src/model/span.js'

t.test('joining spans keeps their places, and leaves no neighbours', async (t) => {
  const lengths = fc.array(fc.record({ gap: fc.nat(2), length: fc.integer({ min: 1, max: 5 }) }))
  fc.assert(
    fc.property(lengths, (pieces) => {
      let at = 0
      const spans = pieces.map(({ gap, length }) => {
        const from = at + gap
        at = from + length
        return { from, to: at }
      })
      const joined = joinSpans(spans)
      const sum = (list: typeof spans) => list.reduce((total, span) => total + widthOf(span), 0)
      return (
        sum([...joined]) === sum(spans) &&
        joined.every((span, i) => i === 0 || span.from > joined[i - 1]!.to) &&
        spans.every(({ from, to }) => joined.some((run) => run.from <= from && to <= run.to))
      )
    }),
  )
  t.pass()
})
