import type { BehaviourCounts } from './behaviour.js'
import { drawMisfortunes, type Misfortune, type Weights } from './misfortune.js'
import { type Random, randomFrom } from './random.js'

/** A pipeline, its records and its misfortunes: everything that a seed decides. Times are in milliseconds. */
export interface Scenario {
  readonly seed: number
  readonly name: ScenarioName
  /** Lines of a file; a generator that is counted; a generator whose records have positions. */
  readonly source: 'file' | 'counted' | 'positioned'
  /** `file:`, where everything must be there once; a module that appends to a log, where kills may double. */
  readonly sink: 'file' | 'log'
  readonly order: 'none' | 'key' | 'input'
  readonly workers: number
  readonly concurrency: number
  readonly inQueue: number
  readonly outQueue: number
  readonly checkpointEvery: number
  /** Undefined: handlers may take as long as they like, and none hangs. */
  readonly timeout: number | undefined
  /** State and output are on a disk that can be filled. */
  readonly smallDisk: boolean
  readonly records: number
  /** Bytes that each record is filled up with. */
  readonly bytes: number
  /** Different keys, if there are any. */
  readonly keys: number
  /** The handler of every `every`-th record waits for so long, until all misfortunes are over: so the run cannot end before them. */
  readonly wait: { readonly ms: number; readonly every: number }
  /** Bytes that the handler keeps of each record, for ever. */
  readonly leak: number
  readonly behaviours: BehaviourCounts
  readonly misfortunes: readonly Misfortune[]
}

const kills: Weights = { 'kill worker': 6, 'kill writer': 3, 'kill sender': 3, 'kill reaper': 1 }
const endings: Weights = { 'kill primary': 4, 'kill primary and reaper': 2, drain: 2, 'stop now': 1 }
const standstills: Weights = {
  'stop worker': 3,
  'stop writer': 2,
  'stop sender': 2,
  'stop primary': 2,
  starve: 2,
}
const troubles: Weights = { 'fill disk': 4, 'fail sink': 4 }

/** What each scenario has most of. */
const weightsOf = {
  children: kills,
  primary: { ...endings, 'kill worker': 1, 'kill sender': 1 },
  standstill: { ...standstills, 'kill worker': 2, 'kill sender': 1, 'kill primary': 1 },
  sink: { ...troubles, 'kill sender': 3, 'kill primary': 1, drain: 1 },
  handlers: { 'kill worker': 2, 'stop worker': 1, 'kill writer': 1 },
  everything: { ...kills, ...endings, ...standstills, ...troubles },
} as const satisfies Record<string, Weights>

export type ScenarioName = keyof typeof weightsOf

export const scenarioNames = Object.keys(weightsOf) as readonly ScenarioName[]

/** Records of one scenario at the most: all of them are compared in memory at the end. */
const MOST_RECORDS = 40_000

export interface Circumstances {
  /** Milliseconds that misfortunes fall over. */
  readonly span: number
  /** Whether a small disk can be had here. */
  readonly canMount: boolean
  /** Default: drawn. */
  readonly name?: ScenarioName | undefined
}

/** The scenario of a seed. The same seed under the same circumstances draws the same. */
export function scenarioOf(seed: number, { span, canMount, name: wanted }: Circumstances): Scenario {
  const random = randomFrom(seed, 'configuration')
  const drawnName = random.pick(scenarioNames)
  const name = wanted ?? drawnName
  const order = random.pick(['none', 'none', 'key', 'input'] as const)
  const source = random.pick(
    order === 'key' ? (['counted', 'positioned'] as const) : (['file', 'counted', 'positioned'] as const),
  )
  const sink =
    name === 'sink' ? random.pick(['file', 'log'] as const) : random.pick(['file', 'file', 'log'] as const)
  const workers = random.whole(1, 4)
  const concurrency = random.pick([1, 1, 2, 8])
  const wantsDisk = random.chance(name === 'sink' ? 0.8 : 0.4)
  const smallDisk = canMount && wantsDisk
  const misfortunes = drawMisfortunes(randomFrom(seed, 'misfortunes'), {
    span,
    weights: weightsOf[name],
    reach: { workers, smallDisk, sinkFails: sink === 'log' },
  })
  const keys = random.pick([3, 16, 200])
  const outQueue = random.pick([10, 200, 16_384])
  const smallQueue = random.pick([10, 200, undefined])
  const atOnce = Math.min(
    workers * concurrency,
    smallQueue ?? outQueue,
    outQueue,
    order === 'key' ? keys : Infinity,
  )
  const pace = drawPace(random, { span, atOnce })
  const hangs = name === 'handlers' || (name === 'everything' && random.chance(0.5))
  return {
    seed,
    name,
    source,
    sink,
    order,
    workers,
    concurrency,
    // A writer that has handed over everything is not replaced, so it must have something left.
    inQueue: smallQueue ?? Math.min(16_384, Math.ceil(pace.records / 4)),
    outQueue,
    checkpointEvery: random.pick([50, 200, 1000]),
    timeout: hangs ? random.whole(500, 1000) : undefined,
    smallDisk,
    ...pace,
    bytes: random.pick([10, 200, 1000]),
    keys,
    leak: name === 'handlers' && random.chance(0.5) ? Math.ceil((2 * LEAKED * workers) / pace.records) : 0,
    behaviours: drawBehaviours(random, { many: name === 'handlers', hangs, records: pace.records }),
    misfortunes,
  }
}

/** Bytes of heap that a process of the pipeline has; what a leak takes to end a worker. */
export const LEAKED = 128 * 2 ** 20

/** How many records there are, and how long they take: together longer than misfortunes fall. */
function drawPace(
  random: Random,
  { span, atOnce }: { readonly span: number; readonly atOnce: number },
): Pick<Scenario, 'records' | 'wait'> {
  const each = random.whole(2, 10)
  const every = random.pick([1, 5, 40])
  const records = Math.min(MOST_RECORDS, Math.ceil((1.1 * span * atOnce) / each))
  const ms = Math.ceil((1.1 * span * atOnce * every) / records)
  return { records, wait: { ms, every } }
}

function drawBehaviours(
  random: Random,
  { many, hangs, records }: { readonly many: boolean; readonly hangs: boolean; readonly records: number },
): BehaviourCounts {
  const share = (part: number) => Math.ceil(records * part)
  const few = (most: number) => random.whole(many ? 1 : 0, many ? most : 1)
  return {
    several: share(0.03),
    drop: share(0.02),
    throwTwice: Math.min(200, share(0.01)),
    throwAlways: Math.min(40, share(0.004)),
    exitOnce: few(4),
    abortOnce: few(2),
    exhaustOnce: few(1),
    uncaughtOnce: few(2),
    exitAlways: few(2),
    ...(hangs && { hangOnce: few(2), loopOnce: few(2), hangAlways: few(1), loopAlways: few(1) }),
  }
}
