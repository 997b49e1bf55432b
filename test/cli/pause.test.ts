import t from 'tap'
import { pausedText, resumedText } from '../../src/cli/pause.js'

const report = { name: 'mill', state: 'paused', reason: null, inFlight: 1200 } as const

t.test('a pause of a pipeline that still starts is told to come later', async (t) => {
  t.match(pausedText(report), /^mill is paused: .*; 1,200 in flight$/)
  t.match(pausedText({ ...report, state: 'starting' }), /^mill is starting; once it runs, nothing is read/)
})

t.test('a pipeline that goes on and is blocked says by what', async (t) => {
  t.equal(
    resumedText({ ...report, state: 'blocked', reason: 'the sink fails' }),
    'mill goes on: blocked (the sink fails)',
  )
})
