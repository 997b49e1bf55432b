import t from 'tap'
import { lastWordsIn } from '../../src/cli/last-words.js'

const uncaught = [
  'line B 100',
  'node:internal/process/promises:288',
  '            triggerUncaughtException(err, true /* fromPromise */);',
  '            ^',
  '',
  'Error: boom in a timer',
  '    at Timeout._onTimeout (file:///w.mjs:1:150)',
  '    at listOnTimeout (node:internal/timers:581:17)',
  '    at process.processTimers (node:internal/timers:519:7)',
  '',
  'Node.js v20.20.2',
]

t.test('of an error that nobody caught, its message and where it was are shown', async (t) => {
  t.same(lastWordsIn(uncaught, 2), uncaught.slice(5, 7))
})

t.test('an error with a code is shown like any other', async (t) => {
  const lines = [
    'Error: connect ECONNREFUSED 127.0.0.1:5432',
    '    at TCPConnectWrap.afterConnect (node:net:1611:16) {',
    '  errno: -111,',
    "  code: 'ECONNREFUSED'",
    '}',
    '',
    'Node.js v20.20.2',
  ]
  t.same(lastWordsIn(lines, 3), lines.slice(0, 2))
})

t.test('an error that was only told of is not what ended a process that went on', async (t) => {
  const lines = ['Error: not so bad', '    at f (w.mjs:1:1)', 'next', 'and the last']
  t.same(lastWordsIn(lines, 2), ['next', 'and the last'])
})

t.test(
  'of lines of a logger, the message is shown; of long ones, the beginning; and no cursor moves',
  async (t) => {
    t.same(
      lastWordsIn(
        ['{"level":30,"time":1,"msg":"halfway"}', '{"level":30', `x\u001b[2J${'y'.repeat(500)}`],
        3,
      ),
      ['halfway', '{"level":30', `x\\x1b[2J${'y'.repeat(191)}…`],
    )
    t.same(lastWordsIn([], 3), [])
  },
)
