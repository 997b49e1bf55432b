import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import t from 'tap'
import { probeFor, readableStack } from '../../../src/primary/processes/stack.js'

const mine = fc.nat(999).map((line) => `    at work (file:///app/worker.mjs:${line}:1)`)
const ofNode = fc.nat(999).map((line) => `    at listOnTimeout (node:internal/timers:${line}:17)`)
const probe = fc.constant('    at millrace-whereabouts:5:41')

t.test('of a stack the first 30 frames are kept, in order, without those of Node', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(mine, ofNode, probe), { maxLength: 90 }), (frames) => {
      const ofOthers = frames.filter((frame) => !frame.includes('node:') && !frame.includes('whereabouts'))
      fc.pre(ofOthers.length > 0)
      return readableStack(['Error', ...frames].join('\n')) === ofOthers.slice(0, 30).join('\n')
    }),
  )
  t.pass()
})

t.test('frames of Node are shown when there are no others', async (t) => {
  const frames = [
    '    at async node:internal/process/task_queues:105:5',
    '    at node:internal/timers:1:1',
    '    at processTimers (node:internal/timers:519:7)',
  ]
  t.equal(readableStack(`Error\n${frames.join('\n')}`), frames.join('\n'))
  const outside = '    at file:///app/worker.mjs:1:1'
  t.equal(readableStack(`Error\n${[...frames, outside].join('\n')}`), outside)
})

t.test('what Node calls to open its inspector is not what a process was doing', async (t) => {
  const emit = '    at #process.emit (file:///app/node_modules/signal-exit/dist/mjs/index.js:186:30)'
  const own = ['    at Atomics.wait (<anonymous>)', '    at work (file:///app/worker.mjs:3:11)', emit]
  t.equal(readableStack(['Error', emit, ...own].join('\n')), own.join('\n'))
  t.equal(readableStack(`Error\n${emit}`), '', 'a process that waits for something to happen')
  const inside = '    at EventEmitter.emit (node:events:519:28)'
  t.equal(readableStack(['Error', inside, emit, ...own].join('\n')), own.join('\n'))
  t.equal(readableStack(['Error', inside, emit].join('\n')), '')
})

t.test('nothing is shown when there is nothing but the probe', async (t) => {
  t.equal(readableStack('Error\n    at millrace-whereabouts:5:24'), '')
})

t.test('the probe leaves Error as it was, and an expression that throws is no value', async (t) => {
  const own = () => 'own'
  const context = {
    process,
    Error: Object.assign(class Mine {}, { stackTraceLimit: 3, prepareStackTrace: own }),
  }
  t.match(runInNewContext(probeFor('1 + 1'), context), { value: 2 })
  t.match(runInNewContext(probeFor('nothing.at.all'), context), { value: undefined })
  t.equal(context.Error.stackTraceLimit, 3)
  t.equal(context.Error.prepareStackTrace, own)
})
