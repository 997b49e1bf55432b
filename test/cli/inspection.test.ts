import t from 'tap'
import { lineOf, timeOf } from '../../src/cli/events.js'
import { hottestIn } from '../../src/cli/hottest.js'
import { stackText } from '../../src/cli/stack.js'
import type { StackReport } from '../../src/model/inspection.js'

const idle: StackReport = {
  process: 'worker:2',
  pid: 4711,
  state: 'ready',
  stack: [],
  record: null,
  atWork: { count: 0, ids: [] },
  inHand: 0,
  heldSeconds: null,
}

t.test('where a process is reads as a stack, below with what it is there', async (t) => {
  t.equal(
    stackText(idle),
    'worker:2 (pid 4711) is ready\n    (it waits for something to happen: no JavaScript runs)',
  )
  const busy = { ...idle, inHand: 3, heldSeconds: 12.4, stack: ['at spin (w.mjs:3:1)'] }
  t.equal(
    stackText({ ...busy, record: 'count:5', atWork: { count: 1, ids: ['count:5'] } }),
    'worker:2 (pid 4711) is ready, 3 records in hand, the oldest for 12s\nin the handler of count:5\n    at spin (w.mjs:3:1)',
  )
  t.match(
    stackText({ ...busy, atWork: { count: 21, ids: ['a', 'b\u001b[31m'] } }),
    'at work on a, b\\x1b[31m and 19 more',
  )
})

t.test('the time of a profile goes to functions, wherever they were called from', async (t) => {
  const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber })
  const nodes = [
    { id: 1, callFrame: frame('(root)') },
    { id: 2, callFrame: frame('spin', 'file:///w.mjs', 2) },
    { id: 3, callFrame: frame('', 'file:///w.mjs', 8) },
    { id: 4, callFrame: frame('spin', 'file:///w.mjs', 2) },
  ]
  const times = { startTime: 1_000_000, endTime: 3_500_000 }
  const profile = { nodes, samples: [2, 3, 4, 2], timeDeltas: [100, 200, 500, 200], ...times }
  t.same(hottestIn(JSON.stringify(profile), 10), {
    seconds: 2.5,
    functions: [
      { name: 'spin', where: 'file:///w.mjs:3', self: 0.8 },
      { name: '(anonymous)', where: 'file:///w.mjs:9', self: 0.2 },
    ],
  })
  t.equal(hottestIn(JSON.stringify(profile), 1).functions.length, 1)
  t.same(hottestIn(JSON.stringify({ nodes, samples: [], timeDeltas: [], ...times }), 10).functions, [])
})

t.test('an event reads as time, process and sentence, and moves no cursor', async (t) => {
  const at = '2026-02-01T10:00:00.000Z'
  t.equal(lineOf({ at, level: 'info', text: 'running' }), `${at}  primary    running`)
  const event = { type: 'workerHung', process: 'worker:2' }
  t.equal(
    lineOf({ at, level: 'error', text: 'stuck here:\n    at f\u001b[2J', event }),
    `${at}  worker:2   stuck here:\n        at f\\x1b[2J`,
  )
})

t.test('a death that nobody explains is told of with the last words', async (t) => {
  const at = '2026-02-01T10:00:00.000Z'
  const text = 'worker:2 died, pid 7: exit code 1; 3 records given back'
  const exit = { lastLines: ['TypeError: no', '    at f (w.mjs:1:1)', '', 'Node.js v20.20.2'] }
  const died = { type: 'processExited', process: 'worker:2', exit, planned: false, why: null }
  const line = `${at}  worker:2   ${text}`
  const lineWith = (event: object) => lineOf({ at, level: 'warn', text, event: { ...died, ...event } })
  t.equal(lineWith({}), `${line}\n    TypeError: no\n        at f (w.mjs:1:1)`)
  t.equal(lineWith({ why: 'no handler' }), line, 'the text has it')
  t.equal(lineWith({ planned: true }), line)
})

t.test('a time is one, or so long ago', async (t) => {
  const now = Date.parse('2026-02-01T10:00:00Z')
  t.equal(timeOf('10m', now).toISOString(), '2026-02-01T09:50:00.000Z')
  t.equal(timeOf('2026-01-01T00:00Z', now).toISOString(), '2026-01-01T00:00:00.000Z')
  t.throws(() => timeOf('yesterday', now), { code: 'bad_usage', message: /--since yesterday/ })
})
