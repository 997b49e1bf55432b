import fc from 'fast-check'
import t from 'tap'
import {
  type ExitFacts,
  lastOf,
  saysOutOfMemory,
  verdictOnExit,
  wasCrash,
} from '../../../src/primary/processes/exit-verdict.js'

const quiet: ExitFacts = {
  code: null,
  signal: null,
  asked: undefined,
  kill: undefined,
  saidOutOfMemory: false,
  killedByKernel: () => false,
}

t.test('why a process ended is told by what is known of it, and memory is named as the cause', async (t) => {
  const byKernel = { ...quiet, signal: 'SIGKILL', killedByKernel: () => true }
  const told: readonly (readonly [Partial<ExitFacts>, string, boolean?])[] = [
    [{ code: 3 }, 'exit code 3'],
    [{ code: 0 }, 'exit code 0'],
    [{ code: 0, asked: 'restarted as planned' }, 'restarted as planned'],
    [{ code: 1, asked: 'restarted as planned' }, 'exit code 1'],
    [{ signal: 'SIGKILL' }, 'killed by SIGKILL'],
    [{ signal: 'SIGABRT' }, 'killed by SIGABRT'],
    [{ signal: 'SIGABRT', saidOutOfMemory: true }, 'out of memory: V8 heap limit', true],
    [{ code: 134, saidOutOfMemory: true }, 'out of memory: V8 heap limit', true],
    [{ code: 133, saidOutOfMemory: true }, 'out of memory: V8 heap limit', true],
    [{ code: 1, saidOutOfMemory: true }, 'exit code 1'],
    [byKernel, 'killed by the kernel for lack of memory', true],
    [{ ...byKernel, signal: 'SIGTERM' }, 'killed by SIGTERM'],
    [{ ...byKernel, kill: { reason: 'no answer' } }, 'killed: no answer'],
    [{ signal: 'SIGKILL', kill: { reason: 'too large', outOfMemory: true } }, 'killed: too large', true],
    [{ code: 3, kill: { reason: 'too late' } }, 'exit code 3'],
  ]
  for (const [facts, reason, outOfMemory = false] of told) {
    t.same(verdictOnExit({ ...quiet, ...facts }), { reason, outOfMemory }, JSON.stringify(facts))
  }
})

t.test('a SIGKILL of ours is not looked for in the counter of the kernel', async (t) => {
  verdictOnExit({
    ...quiet,
    signal: 'SIGKILL',
    kill: { reason: 'ours' },
    killedByKernel: () => t.fail('it would claim the death of another') === undefined,
  })
  t.pass()
})

t.test('what V8 says when it gives up is known, and only that', async (t) => {
  for (const line of [
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory',
    '# Fatal process out of memory: Zone',
    '# Fatal JavaScript out of memory: MarkingWorklist',
  ]) {
    t.ok(saysOutOfMemory(line), line)
  }
  for (const line of [
    'out of memory',
    '{"level":30,"msg":"FATAL ERROR: out of memory"}',
    'FATAL ERROR: v8::X',
  ]) {
    t.notOk(saysOutOfMemory(line), line)
  }
  t.ok(wasCrash({ code: null, signal: 'SIGTRAP' }))
  t.notOk(wasCrash({ code: null, signal: 'SIGKILL' }))
})

t.test('of what a process said last, 20 lines and 4 kB are kept, and its end in any case', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 6000 }), { maxLength: 30 }), (lines) => {
      const last = lastOf(lines)
      const whole = last.every((line, at) => at === 0 || line === lines.at(at - last.length))
      const end = last[0]?.replace(/^…/, '') ?? ''
      return (
        whole &&
        last.length <= 20 &&
        last.join('').length <= 4096 &&
        (lines.length === 0 || lines.at(-last.length)!.endsWith(end))
      )
    }),
  )
  t.same(lastOf(['a', 'b']), ['a', 'b'])
  t.match(lastOf(['x'.repeat(9000)]), [/^…x{4095}$/])
})
