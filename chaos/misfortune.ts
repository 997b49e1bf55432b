import type { Random } from './random.js'

/** A process of the pipeline by what it does there; workers are numbered from 1. */
export type Target = 'primary' | 'reaper' | 'writer' | 'sender' | `worker:${number}`

/**
 * Something bad that is done to a pipeline. `at` and `ms` are milliseconds; `at` counts from when it
 * runs, and stands still while no primary does.
 */
export type Misfortune = { readonly at: number } /** `early`: also while it is still starting. */ & (
  | { readonly kind: 'kill'; readonly target: Target; readonly early: boolean }
  /** Primary and reaper at once: nobody is left to end the children but they themselves, and the next primary. */
  | { readonly kind: 'killBoth' }
  | { readonly kind: 'stop'; readonly target: Target; readonly ms: number }
  /** Every process of the pipeline at the lowest priority, beside processes that burn all there is. */
  | { readonly kind: 'starve'; readonly ms: number }
  | { readonly kind: 'fillDisk'; readonly ms: number }
  | { readonly kind: 'failSink'; readonly ms: number }
  /** SIGTERM. */
  | { readonly kind: 'drain' }
  /** SIGTERM twice: stop now, and give back the rest. */
  | { readonly kind: 'stopNow' }
)

/** What there is for misfortunes to fall on. */
export interface Reach {
  readonly workers: number
  /** Whether the disk is small enough to be filled. */
  readonly smallDisk: boolean
  /** Whether the sink looks for the flag that makes it fail. */
  readonly sinkFails: boolean
}

export type Weights = Readonly<Partial<Record<Label, number>>>

/** A kind of misfortune as the table of what was survived tells it. */
export type Label =
  | `kill ${'worker' | 'writer' | 'sender' | 'primary' | 'reaper'}`
  | 'kill primary and reaper'
  | `stop ${'worker' | 'writer' | 'sender' | 'primary'}`
  | 'starve'
  | 'fill disk'
  | 'fail sink'
  | 'drain'
  | 'stop now'

/** Draws misfortunes one after another, until `span` milliseconds are full of them. */
export function drawMisfortunes(
  random: Random,
  { span, weights, reach }: { readonly span: number; readonly weights: Weights; readonly reach: Reach },
): readonly Misfortune[] {
  const possible = Object.fromEntries(
    Object.entries(weights).filter(
      ([label]) => (reach.smallDisk || label !== 'fill disk') && (reach.sinkFails || label !== 'fail sink'),
    ),
  ) as Weights
  const drawn: Misfortune[] = []
  for (let at = random.whole(100, 500); at < span; ) {
    drawn.push(draw(random, random.weighted(possible), { at, workers: reach.workers }))
    at += random.whole(80, 700)
  }
  return drawn
}

function draw(
  random: Random,
  label: Label,
  { at, workers }: { readonly at: number; readonly workers: number },
): Misfortune {
  const [verb, role] = label.split(' ')
  const target = role === 'worker' ? (`worker:${random.whole(1, workers)}` as const) : (role as Target)
  if (label === 'kill primary and reaper') return { at, kind: 'killBoth' }
  if (label === 'starve') return { at, kind: 'starve', ms: random.whole(300, 1500) }
  if (label === 'fill disk') return { at, kind: 'fillDisk', ms: random.whole(200, 2500) }
  if (label === 'fail sink') return { at, kind: 'failSink', ms: random.whole(100, 1500) }
  if (label === 'drain') return { at, kind: 'drain' }
  if (label === 'stop now') return { at, kind: 'stopNow' }
  return verb === 'kill'
    ? { at, kind: 'kill', target, early: random.chance(0.15) }
    : { at, kind: 'stop', target, ms: random.whole(50, random.chance(0.3) ? 3000 : 800) }
}

/** The row of the table that a misfortune belongs to. */
export function labelOf(misfortune: Misfortune): Label {
  switch (misfortune.kind) {
    case 'killBoth':
      return 'kill primary and reaper'
    case 'fillDisk':
      return 'fill disk'
    case 'failSink':
      return 'fail sink'
    case 'stopNow':
      return 'stop now'
    case 'kill':
    case 'stop':
      return `${misfortune.kind} ${misfortune.target.replace(/:\d+$/, '')}` as Label
    default:
      return misfortune.kind
  }
}

/** As it stands in a printed schedule. */
export function describe(misfortune: Misfortune): string {
  const target = 'target' in misfortune ? ` ${misfortune.target}` : ''
  const verb =
    misfortune.kind === 'kill' || misfortune.kind === 'stop' ? misfortune.kind : labelOf(misfortune)
  return `${verb}${target}${'ms' in misfortune ? ` for ${misfortune.ms} ms` : ''}`
}
