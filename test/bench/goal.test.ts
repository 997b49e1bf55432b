import t from 'tap'
import { type Goal, judge } from '../../bench/goal.js'

const rate = { label: 'records', unit: '1/s', better: 'more' } as const
const time = { label: 'time', unit: 'ms', better: 'less' } as const

const medians = new Map([
  ['millrace', { rate: 300, time: 250 }],
  ['slow', { rate: 100, time: 400 }],
  ['fast', { rate: 200, time: 150 }],
])

t.test('a goal against several is one against the best of them', (t) => {
  const goal: Goal = { says: '', figure: 'rate', against: ['slow', 'fast'], atLeast: 1.5 }
  t.match(judge(goal, rate, medians), { value: 1.5, met: true, without: [] })
  t.match(judge({ ...goal, atLeast: 1.6 }, rate, medians), { value: 1.5, met: false })
  t.match(judge({ says: '', figure: 'time', against: ['slow', 'fast'], atMost: 2 }, time, medians), {
    value: 250 / 150,
    met: true,
  })
  t.end()
})

t.test('a goal may bound a difference, or the figure as it is', (t) => {
  const goal: Goal = { says: '', figure: 'time', against: ['fast'], by: 'difference', atMost: 99 }
  t.match(judge(goal, time, medians), { value: 100, met: false })
  t.match(judge({ says: '', figure: 'time', atMost: 250 }, time, medians), { value: 250, met: true })
  t.end()
})

t.test('a contender that did not run is named, and a goal against nobody is not judged', (t) => {
  const goal: Goal = { says: '', figure: 'rate', against: ['slow', 'absent'], atLeast: 2 }
  t.match(judge(goal, rate, medians), { value: 3, met: true, without: ['absent'] })
  t.match(judge({ ...goal, against: ['absent'] }, rate, medians), {
    value: undefined,
    met: undefined,
    without: ['absent'],
  })
  t.end()
})
