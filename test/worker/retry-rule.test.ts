import t from 'tap'
import { MillraceError } from '../../src/errors.js'
import { Reject } from '../../src/model/reject.js'
import { RetryRule } from '../../src/worker/retry-rule.js'
import { quietLog } from '../quiet-log.js'
import { WorkerBench } from './harness.js'

const path = '/mill/worker.mjs'

/** A rule with its warnings. */
function ruleOf(retryable?: (error: unknown) => unknown) {
  const warnings: string[] = []
  const log = { ...quietLog, warn: (fields: object | string) => void warnings.push(String(fields)) }
  return { rule: new RetryRule({ path, retryable }, log), warnings }
}

t.test('whatever a handler throws is tried again, unless it is a Reject or one of our own', async (t) => {
  const { rule } = ruleOf()
  t.notOk(rule.isFinal(new Error('x')))
  t.notOk(rule.isFinal(undefined))
  t.ok(rule.isFinal(new Reject('no such customer')))
  t.ok(rule.isFinal(new MillraceError('result_missing', 'no result')))
})

t.test('`retryable` decides by the error, and is not asked about a Reject', async (t) => {
  const asked: unknown[] = []
  const { rule } = ruleOf((error) => {
    asked.push(error)
    return !(error instanceof SyntaxError)
  })
  const [syntax, range] = [new SyntaxError('x'), new RangeError('x')]
  t.ok(rule.isFinal(syntax))
  t.notOk(rule.isFinal(range))
  t.ok(rule.isFinal(new Reject('x')))
  t.same(asked, [syntax, range])
})

const faulty: Record<string, [(error: unknown) => unknown, RegExp]> = {
  throws: [
    () => {
      throw new Error('oops')
    },
    /`retryable` of \/mill\/worker\.mjs threw: oops/,
  ],
  'returns no boolean': [() => 0, /must return true or false, not number/],
  'returns a promise': [() => Promise.reject(new Error('unheard')), /not a promise/],
}
for (const [what, [retryable, warning]] of Object.entries(faulty)) {
  t.test(`a \`retryable\` that ${what} loses no record, and is warned about once`, async (t) => {
    const { rule, warnings } = ruleOf(retryable)
    t.notOk(rule.isFinal(new Error('x')))
    t.notOk(rule.isFinal(new Error('y')))
    t.equal(warnings.length, 1)
    t.match(warnings[0], warning)
  })
}

t.test('a Reject that a handler throws fails its record for good', async (t) => {
  const bench = new WorkerBench()
  await bench.start({
    default: (value: number) => {
      if (value === 1) throw new Reject('never')
      if (value === 2) throw new TypeError('not this one')
      throw new Error('perhaps later')
    },
    retryable: (error: unknown) => !(error instanceof TypeError),
  })
  bench.lend([0, 1, 2])
  await bench.allReported()
  t.match(bench.failures, [
    { place: 0, name: 'Error', final: undefined },
    { place: 1, name: 'Reject', message: 'never', final: true },
    { place: 2, name: 'TypeError', final: true },
  ])
})

t.test('a Reject among the results of a batch fails its record alone, for good', async (t) => {
  const bench = new WorkerBench()
  await bench.start({
    batch: { size: 3 },
    default: (values: number[]) =>
      values.map((value) => (value === 0 ? value : value === 1 ? new Reject('never') : new Error('later'))),
  })
  bench.lend([0, 1, 2])
  await bench.allReported()
  t.equal(bench.fates.get(0), 'done')
  t.match(bench.failures, [
    { place: 1, name: 'Reject', final: true },
    { place: 2, name: 'Error', final: undefined },
  ])
})
