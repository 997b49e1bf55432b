import type { StatusReport } from '../../model/status.js'
import { coreAdvice, sinkAdvice, sourceAdvice, workerAdvice } from './advice.js'
import type { Facts } from './facts.js'

export type Bottleneck = StatusReport['bottleneck']

/** A record in hand for so many seconds, while nothing else moves, says more than any share. */
const STUCK_SECONDS = 2

/** A stage that is at work for so much of its time waits for nobody. */
const BUSY = 0.75

/** A stage that does nothing for so much of its time could do more. */
const SPARE = 0.25

/** A process that uses so much of a core can do no more. */
const WHOLE_CORE = 0.9

/**
 * Names the stage that holds the others up, and says in one sentence why, and what would help. The
 * first rule that has something to say is right: what somebody asked for and what is broken come
 * before what is slow, and the end of the stream before its beginning, since what is slow there makes
 * everything before it wait.
 */
export function bottleneckOf(facts: Facts): Bottleneck {
  for (const rule of rules) {
    const found = rule(facts)
    if (found) return found
  }
  return { stage: 'none', why: `nothing holds it up: ${levelsOf(facts)}` }
}

type Rule = (facts: Facts) => Bottleneck | undefined

const none = (why: string): Bottleneck => ({ stage: 'none', why })

const paused: Rule = ({ paused }) => (paused === null ? undefined : none(`it is paused: ${paused}`))

const sinkFails: Rule = ({ sinkFails }) =>
  sinkFails === null ? undefined : { stage: 'sink', why: `the sink does not take anything: ${sinkFails}` }

const blocked: Rule = ({ blocked }) => (blocked === null ? undefined : none(blocked))

const heldBack: Rule = ({ rate, heldBack }) =>
  rate !== null && heldBack >= 0.5
    ? none(`records wait for their turn: the rate is ${rate} a second`)
    : undefined

/** One record that everything waits for: because of the order, or because nothing else is left. */
const oneRecord: Rule = (facts) => {
  const { oldest, order, stages, lastSettledSecondsAgo } = facts
  if (!oldest || oldest.ageSeconds <= Math.max(STUCK_SECONDS, 3 * usualSeconds(facts))) return undefined
  const inOrder = order === 'input' && stages.workers.busy < BUSY
  if (!inOrder && (lastSettledSecondsAgo ?? Number.POSITIVE_INFINITY) <= STUCK_SECONDS) return undefined
  const has = `${oldest.process} has had ${oldest.id} in hand for ${Math.round(oldest.ageSeconds)} s`
  const why = inOrder ? `${has}, and results leave in the order of the input` : `nothing moves: ${has}`
  return { stage: 'workers', why: `workers are held up: ${why}` }
}

const oneKey: Rule = ({ order, parked, stages, oldest }) => {
  if (order !== 'key' || parked === 0 || stages.workers.idle < SPARE) return undefined
  const has = oldest ? `; ${oldest.process} has ${oldest.id} in hand` : ''
  const wait = `${counted(parked, 'record waits', 'records wait')} for another of the same key`
  return {
    stage: 'workers',
    why: `workers are held up by the order: ${wait}, while they are idle ${percent(stages.workers.idle)}${has}`,
  }
}

const retries: Rule = ({ waitingForRetry, secondsToRetry, inFlight, stages, inQueue }) => {
  const all = waitingForRetry === inFlight
  const many = inQueue.emptyShare > 0.5 && stages.writer.blocked > 0.5
  if (waitingForRetry === 0 || stages.workers.busy >= BUSY || !(all || many)) return undefined
  const next = secondsToRetry === null ? '' : `, the next in ${Math.ceil(secondsToRetry)} s`
  const rest = all ? 'there is nothing else to do' : 'until there are fewer, nothing more is read'
  const wait = `${counted(waitingForRetry, 'record waits', 'records wait')} for a retry${next}`
  return { stage: 'workers', why: `workers have failed: ${wait}; ${rest}` }
}

const sink: Rule = (facts) => {
  const { sender, workers } = facts.stages
  if (!sender) return undefined
  const { fullShare, emptyShare } = facts.outQueue
  const behind = sender.busy >= BUSY && emptyShare < SPARE
  const holdsUp = workers.blocked >= SPARE && sender.busy >= SPARE
  if (!behind && !holdsUp) return undefined
  const shares = `busy ${percent(sender.busy)}, out-queue full ${percent(fullShare)} of the time`
  return { stage: 'sink', why: `the sink is the bottleneck: ${shares}${sinkAdvice(facts)}` }
}

const workers: Rule = (facts) => {
  const { busy } = facts.stages.workers
  const { fullShare, emptyShare } = facts.inQueue
  if (busy < BUSY || (emptyShare > 0.5 && !facts.sourceEnded)) return undefined
  const shares = `busy ${percent(busy)}, in-queue full ${percent(fullShare)} of the time`
  return { stage: 'workers', why: `workers are the bottleneck: ${shares}${workerAdvice(facts)}` }
}

const primary: Rule = ({ cpu }) =>
  cpu.primary !== null && cpu.primary >= WHOLE_CORE
    ? {
        stage: 'primary',
        why: `the primary is the bottleneck: it uses ${percent(cpu.primary)} of a core to pass records on; fewer and larger records would help`,
      }
    : undefined

/** Nobody waits for long, and nobody gets on, because they share too few cores. */
const machine: Rule = (facts) => {
  const { used, available } = facts.cores
  if (used === null || used < WHOLE_CORE * available || facts.inFlight === 0) return undefined
  const { cpu } = facts
  const uses = [
    ['workers', 'workers', (cpu.workers ?? 0) * facts.workers],
    ['source', 'the source', cpu.writer ?? 0],
    ['sink', 'the sink', cpu.sender ?? 0],
    ['primary', 'the primary', cpu.primary ?? 0],
  ] as const
  const [stage, name, most] = uses.reduce((a, b) => (b[2] > a[2] ? b : a))
  const all = counted(available, 'core is', 'cores are')
  return { stage, why: `${all} all there is, and in use: ${name} most, ${most.toFixed(1)}${coreAdvice}` }
}

const source: Rule = (facts) => {
  const { idle } = facts.stages.workers
  const { emptyShare } = facts.inQueue
  if (facts.sourceEnded || idle < SPARE || emptyShare < 0.5) return undefined
  const shares = `workers idle ${percent(idle)}, in-queue empty ${percent(emptyShare)} of the time`
  return { stage: 'source', why: `the source is the bottleneck: ${shares}${sourceAdvice(facts)}` }
}

/** Each fills, or empties, the queue faster than the other gets to know of it. */
const inTurns: Rule = ({ stages, inQueue, sourceEnded }) => {
  const { writer, workers } = stages
  const waits = writer.blocked >= SPARE && workers.idle >= SPARE
  if (sourceEnded || !waits || inQueue.fullShare < SPARE || inQueue.emptyShare < SPARE) return undefined
  const shares = `in-queue full ${percent(inQueue.fullShare)} and empty ${percent(inQueue.emptyShare)} of the time`
  return none(`writer and workers wait for each other in turns: ${shares}; a larger \`inQueue\` would help`)
}

const atItsEnd: Rule = (facts) =>
  facts.sourceEnded
    ? none(`the source is at its end; what was read is worked off: ${levelsOf(facts)}`)
    : undefined

const rules: readonly Rule[] = [
  paused,
  sinkFails,
  blocked,
  heldBack,
  sink,
  oneRecord,
  oneKey,
  retries,
  workers,
  primary,
  machine,
  source,
  inTurns,
  atItsEnd,
]

/** How long a record takes, if all workers have been at some; 0 when none was settled of late. */
const usualSeconds = ({ settledPerSecond, workers, concurrency }: Facts): number =>
  settledPerSecond > 0 ? (workers * concurrency) / settledPerSecond : 0

function levelsOf({ stages, inQueue, outQueue }: Facts): string {
  const levels = [
    `workers busy ${percent(stages.workers.busy)}`,
    `in-queue full ${percent(inQueue.fullShare)} of the time`,
    ...(stages.sender ? [`out-queue full ${percent(outQueue.fullShare)}`] : []),
  ]
  return levels.join(', ')
}

const percent = (share: number) => `${Math.round(share * 100)} %`

const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`
