import fc from 'fast-check'
import t from 'tap'
import { Mill, MOST_RESULTS } from './mill/mill.js'
import type { Fate } from './mill/worker.js'

const WORKERS = 3
const who = fc.nat(WORKERS - 1)
const fates = fc.array(fc.constantFrom<Fate>(0, 1, 1, 2, 3, 7, MOST_RESULTS, 'fails', 'fails'), {
  minLength: 1,
  maxLength: 5,
})

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ offer: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 6, arbitrary: fc.record({ work: who, fates, hearsFirst: fc.boolean() }) },
    { weight: 4, arbitrary: fc.record({ hears: who }) },
    { weight: 5, arbitrary: fc.record({ tells: who, messages: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ givesBack: who, count: fc.integer({ min: 1, max: 4 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ dies: who, toldAll: fc.boolean(), begun: fc.boolean(), bookmark: fc.boolean() }),
    },
    { weight: 4, arbitrary: fc.record({ confirm: fc.integer({ min: 1, max: 9 }), rejects: fc.nat(9) }) },
    { weight: 3, arbitrary: fc.constant({ senderTells: true }) },
    { weight: 1, arbitrary: fc.record({ senderDies: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ pass: fc.nat(60) }) },
    { weight: 2, arbitrary: fc.constant({ lettersKept: true }) },
  ),
  { maxLength: 200, size: 'max' },
)
type Step = (typeof steps extends fc.Arbitrary<infer S> ? S : never)[number]

function take(mill: Mill, step: Step): void {
  if ('offer' in step) mill.offer(step.offer)
  else if ('work' in step) {
    if (step.hearsFirst) mill.workers[step.work]!.hear()
    mill.workers[step.work]!.work(step.fates)
  } else if ('hears' in step) mill.workers[step.hears]!.hear()
  else if ('tells' in step) mill.hearWorker(step.tells, step.messages)
  else if ('givesBack' in step) mill.workers[step.givesBack]!.giveBack(step.count)
  else if ('dies' in step) {
    if (step.begun) mill.workers[step.dies]!.announce()
    if (step.toldAll) mill.hearWorker(step.dies)
    mill.killWorker(step.dies, step.bookmark)
  } else if ('confirm' in step) {
    mill.sender.hear()
    mill.sender.confirm(step.confirm, (record) => record % 10 === step.rejects)
  } else if ('senderTells' in step) mill.hearSender()
  else if ('senderDies' in step) {
    if (step.senderDies) mill.hearSender()
    mill.killSender()
  } else if ('pass' in step) mill.clock.pass(step.pass)
  else mill.keepLetters()
}

/** Everybody does all they can, round after round; says whether that settled everything. */
function workOff(mill: Mill, fate: Fate): boolean {
  for (let round = 0; round < 500; round++) {
    if (mill.settled) return true
    mill.workers.forEach((worker, index) => {
      worker.hear()
      worker.work(worker.places.map(() => fate))
      mill.hearWorker(index)
    })
    mill.sender.hear()
    mill.sender.confirm(Number.MAX_SAFE_INTEGER, () => false)
    mill.hearSender()
    mill.keepLetters()
    mill.clock.pass(100)
    mill.pump()
    mill.check()
  }
  return false
}

for (const order of ['none', 'key', 'input'] as const) {
  t.test(`every record ends once in the account, and in order ${order}, whoever dies or fails`, async (t) => {
    fc.assert(
      fc.property(steps, fc.constantFrom<Fate>(0, 1, 3, MOST_RESULTS, 'fails'), (history, rest) => {
        const mill = new Mill(WORKERS, order)
        for (const step of history) {
          take(mill, step)
          mill.pump()
          mill.check()
        }
        if (!workOff(mill, rest)) throw new Error(`${mill.account.inFlight} records are stuck`)
        mill.checkAccount()
      }),
      { numRuns: 300 },
    )
    t.pass()
  })
}

t.test('records that all have more results than the out-queue takes go through one by one', async (t) => {
  const mill = new Mill(WORKERS)
  for (let i = 0; i < 4; i++) mill.offer(5)
  mill.pump()
  t.ok(workOff(mill, MOST_RESULTS))
  t.match(mill.account.counters, { read: 20, delivered: 20, results: 20 * MOST_RESULTS })
})

t.test('no timer runs while records that are due wait for somebody with credit', async (t) => {
  const mill = new Mill(1)
  const [worker] = mill.workers
  mill.offer(6)
  mill.pump()
  worker!.hear()
  worker!.work(['fails', 'fails', 'fails'])
  mill.hearWorker(0)
  t.equal(mill.clock.timers, 1, 'one for the first that is due')
  mill.killWorker(0)
  mill.workers[0]!.giveBack(9)
  mill.clock.pass(1000)
  t.ok(mill.clock.timers <= 1)
  t.ok(workOff(mill, 1))
  t.equal(mill.clock.timers, 0)
})

/** One record is worked on and delivered, if there is one. */
function round(mill: Mill): void {
  const worker = mill.workers[0]!
  mill.pump()
  worker.hear()
  worker.work([1])
  mill.hearWorker(0)
  mill.sender.hear()
  mill.sender.confirm(9, () => false)
  mill.hearSender()
}

t.test('of a worker that keeps a bookmark, only the record that it was at is a suspect', async (t) => {
  const afterDeath = (bookmark: boolean, tellsFirst: boolean) => {
    const mill = new Mill(1)
    // Until it has shown how small results are, there is room for one.
    for (let i = 0; i < 40; i++) {
      mill.offer(1)
      round(mill)
    }
    mill.offer(10)
    mill.pump()
    const [worker] = mill.workers
    worker!.hear()
    const held = [...worker!.places]
    worker!.work([1])
    if (tellsFirst) mill.hearWorker(0)
    mill.killWorker(0, bookmark)
    const suspects = new Set<number>()
    for (let i = 0; i < 100 && !mill.settled; i++) {
      mill.pump()
      mill.workers[0]!.hear()
      for (const place of mill.workers[0]!.suspects) suspects.add(place)
      round(mill)
    }
    t.match(mill.account.counters, { read: 50, delivered: 50 })
    return { held, suspects: [...suspects] }
  }
  const { held, suspects } = afterDeath(false, false)
  t.ok(held.length > 2, `${held.length} in hand`)
  t.same(suspects, held)
  t.same(afterDeath(true, false).suspects, held.slice(0, 1))
  t.same(afterDeath(true, true).suspects, [], 'what was reported is over')
})
