import fc from 'fast-check'
import t from 'tap'
import type { StageShares } from '../../../src/model/status.js'
import { bottleneckOf } from '../../../src/primary/insight/bottleneck.js'
import type { Facts } from '../../../src/primary/insight/facts.js'
import { sharesOf } from '../../../src/primary/insight/stages.js'

const shares = (busy: number, blocked = 0): StageShares => ({ busy, blocked, idle: 1 - busy - blocked })

const idle = shares(0)

/** A pipeline with nothing to do, on 8 cores. */
const quiet: Facts = {
  paused: null,
  sinkFails: null,
  blocked: null,
  rate: null,
  heldBack: 0,
  sourceEnded: false,
  settledPerSecond: 100,
  lastSettledSecondsAgo: 0.01,
  inFlight: 50,
  waitingForRetry: 0,
  secondsToRetry: null,
  order: 'none',
  parked: 0,
  oldest: null,
  stages: { writer: idle, workers: shares(0.8), sender: idle },
  inQueue: { fullShare: 0, emptyShare: 1 },
  outQueue: { fullShare: 0, emptyShare: 1 },
  workers: 4,
  concurrency: 1,
  ownSink: false,
  cores: { available: 8, used: 4.2 },
  cpu: { primary: 0.1, writer: 0.1, workers: 0.97, sender: 0.1 },
}

/** Workers that have always something to do. */
const busyWorkers: Partial<Facts> = {
  stages: { ...quiet.stages, workers: shares(0.97) },
  inQueue: { fullShare: 0.84, emptyShare: 0 },
}

const old = { id: 'count:7', process: 'worker:2', ageSeconds: 12.3 }

const examples: readonly (readonly [what: string, facts: Partial<Facts>, stage: string, why: string])[] = [
  [
    'workers that compute, and cores that nobody uses',
    busyWorkers,
    'workers',
    'workers are the bottleneck: busy 97 %, in-queue full 84 % of the time; more workers would help (4 cores idle)',
  ],
  [
    'one worker, and one core that nobody uses',
    { ...busyWorkers, workers: 1, cores: { available: 2, used: 1 } },
    'workers',
    'workers are the bottleneck: busy 97 %, in-queue full 84 % of the time; a second worker would help (1 core idle)',
  ],
  [
    'workers that compute on every core there is',
    { ...busyWorkers, cores: { available: 4, used: 4 } },
    'workers',
    'workers are the bottleneck: busy 97 %, in-queue full 84 % of the time; only more cores, or less work for each record, would help',
  ],
  [
    'handlers that wait for others',
    { ...busyWorkers, cpu: { ...quiet.cpu, workers: 0.12 } },
    'workers',
    'workers are the bottleneck: busy 97 %, in-queue full 84 % of the time; handlers wait most of that (CPU 12 %), so a higher `concurrency` than 1 would help, if they are asynchronous',
  ],
  [
    'workers of which nobody knows what they use',
    { ...busyWorkers, cores: { available: 8, used: null } },
    'workers',
    'workers are the bottleneck: busy 97 %, in-queue full 84 % of the time',
  ],
  [
    'a slow sink, behind which workers are busy all the same',
    {
      ...busyWorkers,
      stages: { ...quiet.stages, workers: shares(0.9), sender: shares(0.98) },
      outQueue: { fullShare: 0.1, emptyShare: 0.05 },
      ownSink: true,
    },
    'sink',
    'the sink is the bottleneck: busy 98 %, out-queue full 10 % of the time; a sender that takes many results at once (`export const batch`) would help',
  ],
  [
    'a slow sink that nothing gets past',
    {
      stages: { writer: shares(0, 1), workers: shares(0.05, 0.9), sender: shares(0.99) },
      outQueue: { fullShare: 1, emptyShare: 0 },
      oldest: old,
    },
    'sink',
    'the sink is the bottleneck: busy 99 %, out-queue full 100 % of the time',
  ],
  [
    'a sink that fails',
    { sinkFails: 'ENOSPC', blocked: 'sender: ENOSPC' },
    'sink',
    'the sink does not take anything: ENOSPC',
  ],
  [
    'a source that gives little',
    { stages: { ...quiet.stages, workers: shares(0.12) }, inQueue: { fullShare: 0, emptyShare: 0.97 } },
    'source',
    'the source is the bottleneck: workers idle 88 %, in-queue empty 97 % of the time; it gives no more',
  ],
  [
    'a writer at its limit',
    { stages: { ...quiet.stages, workers: shares(0.12) }, cpu: { ...quiet.cpu, writer: 0.99 } },
    'source',
    'the source is the bottleneck: workers idle 88 %, in-queue empty 100 % of the time; the writer uses a whole core, so less work there would help',
  ],
  [
    'a pause that was asked for',
    { ...busyWorkers, paused: 'asked to pause' },
    'none',
    'it is paused: asked to pause',
  ],
  [
    'a rate that was asked for',
    { ...busyWorkers, rate: 500, heldBack: 0.9 },
    'none',
    'records wait for their turn: the rate is 500 a second',
  ],
  ['a rate that is not reached', { ...busyWorkers, rate: 5000, heldBack: 0.1 }, 'workers', 'busy 97 %'],
  [
    'a queue that is out of reach',
    { blocked: 'NATS server is not reachable' },
    'none',
    'NATS server is not reachable',
  ],
  [
    'one slow record that all results wait for',
    { order: 'input', oldest: old, stages: { ...quiet.stages, workers: shares(0.25) } },
    'workers',
    'workers are held up: worker:2 has had count:7 in hand for 12 s, and results leave in the order of the input',
  ],
  [
    'one slow record after which nothing is left',
    { oldest: old, lastSettledSecondsAgo: 9, sourceEnded: true },
    'workers',
    'workers are held up: nothing moves: worker:2 has had count:7 in hand for 12 s',
  ],
  [
    'slow records, none of which is slower than the others',
    { ...busyWorkers, oldest: old, lastSettledSecondsAgo: 3, settledPerSecond: 0.4 },
    'workers',
    'workers are the bottleneck',
  ],
  [
    'one slow record beside which all others pass',
    { ...busyWorkers, oldest: old },
    'workers',
    'workers are the bottleneck',
  ],
  [
    'records of one key, one after another',
    { order: 'key', parked: 40, stages: { ...quiet.stages, workers: shares(0.25) }, oldest: old },
    'workers',
    'workers are held up by the order: 40 records wait for another of the same key, while they are idle 75 %; worker:2 has count:7 in hand',
  ],
  [
    'nothing but retries',
    { stages: { ...quiet.stages, workers: idle }, inFlight: 1, waitingForRetry: 1, secondsToRetry: 2.2 },
    'workers',
    'workers have failed: 1 record waits for a retry, the next in 3 s; there is nothing else to do',
  ],
  [
    'so many retries that nothing more is read',
    {
      stages: { ...quiet.stages, writer: shares(0, 1), workers: shares(0.1) },
      waitingForRetry: 40,
      secondsToRetry: 1,
    },
    'workers',
    'workers have failed: 40 records wait for a retry, the next in 1 s; until there are fewer, nothing more is read',
  ],
  [
    'a primary at its limit',
    { cpu: { ...quiet.cpu, primary: 0.98 } },
    'primary',
    'the primary is the bottleneck: it uses 98 % of a core to pass records on; fewer and larger records would help',
  ],
  [
    'too few cores for anybody',
    { cores: { available: 2, used: 1.95 }, cpu: { ...quiet.cpu, workers: 0.3, writer: 0.4 } },
    'workers',
    '2 cores are all there is, and in use: workers most, 1.2; only more cores, or less work for each record, would help',
  ],
  [
    'an in-queue that is too small',
    {
      stages: { ...quiet.stages, writer: shares(0.1, 0.5), workers: shares(0.3) },
      inQueue: { fullShare: 0.5, emptyShare: 0.4 },
    },
    'none',
    'writer and workers wait for each other in turns: in-queue full 50 % and empty 40 % of the time; a larger `inQueue` would help',
  ],
  [
    'a source at its end',
    { sourceEnded: true, stages: { ...quiet.stages, workers: shares(0.2) } },
    'none',
    'the source is at its end; what was read is worked off: workers busy 20 %',
  ],
  ['nothing in particular', {}, 'none', 'nothing holds it up: workers busy 80 %'],
]

t.test('the bottleneck is named in one sentence, with what would help', async (t) => {
  for (const [what, facts, stage, why] of examples) {
    const found = bottleneckOf({ ...quiet, ...facts })
    t.equal(found.stage, stage, what)
    t.ok(found.why.includes(why), `${what}: ${found.why}`)
  }
})

const share = fc.double({ min: 0, max: 1, noNaN: true })
const maybe = (number: fc.Arbitrary<number>) => fc.option(number)
const stage = fc.tuple(share, share).map(([busy, blocked]) => sharesOf(busy, blocked))
const queue = fc.record({ fullShare: share, emptyShare: share })
const use = maybe(fc.double({ min: 0, max: 9, noNaN: true }))
const text = fc.option(fc.constant('somebody said so'))

const anyFacts: fc.Arbitrary<Facts> = fc.record({
  paused: text,
  sinkFails: text,
  blocked: text,
  rate: maybe(fc.double({ min: 0.1, max: 1e6, noNaN: true })),
  heldBack: share,
  sourceEnded: fc.boolean(),
  settledPerSecond: fc.double({ min: 0, max: 1e7, noNaN: true }),
  lastSettledSecondsAgo: maybe(fc.double({ min: 0, max: 1e7, noNaN: true })),
  inFlight: fc.nat(),
  waitingForRetry: fc.nat(),
  secondsToRetry: maybe(fc.double({ min: 0, max: 100, noNaN: true })),
  order: fc.constantFrom('none', 'key', 'input'),
  parked: fc.nat(),
  oldest: fc.option(fc.constant(old)),
  stages: fc.record({ writer: stage, workers: stage, sender: fc.option(stage) }),
  inQueue: queue,
  outQueue: queue,
  workers: fc.nat(64),
  concurrency: fc.integer({ min: 1, max: 100 }),
  ownSink: fc.boolean(),
  cores: fc.record({ available: fc.integer({ min: 1, max: 64 }), used: use }),
  cpu: fc.record({ primary: use, writer: use, workers: use, sender: use }),
})

t.test('whatever the figures are, there is a sentence, and it names the stage', async (t) => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const { stage, why } = bottleneckOf(facts)
      if (/NaN|undefined|null|Infinity/.test(why)) throw new Error(why)
      return stage === 'none' || why.includes(stage)
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

t.test('the shares of a stage add up to 1, whatever was measured', async (t) => {
  const odd = fc.oneof(fc.double({ min: -1, max: 3 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY))
  fc.assert(
    fc.property(odd, odd, (busy, blocked) => {
      const shares = sharesOf(busy, blocked)
      const parts = [shares.busy, shares.idle, shares.blocked]
      if (parts.some((part) => !(part >= 0 && part <= 1))) throw new Error(`${parts}`)
      return Math.abs(parts.reduce((sum, part) => sum + part) - 1) < 1e-9
    }),
  )
  t.same(sharesOf(0.9, 0.9), { busy: 0.9, idle: 0, blocked: 0.1 }, 'who is at work is not blocked')
})
