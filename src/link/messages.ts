import type { Amount } from '../model/amount.js'
import type { Increments } from '../model/histogram.js'
import type { Payload } from '../model/payload.js'
import type { SourceKind } from '../model/source.js'

/**
 * Everything that primary and children say to each other about data, by kind.
 *
 * The order of these lists is the number on the wire; both ends are always the same build.
 * Life-cycle (start, ready, stop) goes over the fork's own channel instead: see `control.ts`.
 */
export interface Messages {
  /** writer → primary: consecutive records, encoded. Spends credit. */
  batch: {
    readonly count: number
    /** Bytes of these records, where the payload only says where they are. */
    readonly bytes?: number
    /** JSON: where a new writer would resume after this batch. */
    readonly position: string
    readonly progress?: { readonly fraction?: number; readonly lag?: number }
    /** When it is another one than was said before. */
    readonly sourceKind?: SourceKind
  }
  /** writer → primary: one record that cannot be handed on. Spends the credit of one record. */
  refused: {
    readonly id: string
    readonly code: string
    readonly reason: string
    readonly position: string
  }
  /** writer → primary: the next records were settled by an earlier run, and are left out. Costs no credit. */
  skipped: { readonly count: number; readonly position: string }
  /** writer → primary: nothing follows. */
  end: Record<never, never>
  /** primary → writer: what the checkpoint says is durable, so the source's origin may know. */
  commit: {
    readonly position: string
    /** Places settled beyond the position, counted from it, as pairs. */
    readonly settledBeyond: readonly number[]
  }
  /** writer → primary: the origin knows. */
  committed: Record<never, never>

  /** primary → writer, worker: slots of the shared memory that it may fill: each with its generation, in turns. */
  slots: { readonly granted: readonly number[] }

  /** primary → writer: what may be sent on top of what was granted before; how long batches should be. */
  credit: Amount & { readonly target: number }

  /** primary → worker: records to work on; `room` is how many results they may send beyond earlier grants. */
  lend: Lent & {
    readonly attempt: number
    readonly room: Amount
    /** One of these may have taken a worker along: one at a time, each announced with `begin`. */
    readonly careful?: true
  }
  /** primary → worker: more room for results, asked for with `need`. */
  room: Amount
  /** worker, sender → primary: credit, when nothing else is to be said. */
  ready: Amount & {
    /** Of a sender: JSON, what the sink goes back to from now on, before anything is delivered. */
    readonly state?: string
  }
  /** worker → primary: it begins this record of a careful lend, once this message has left the process. */
  begin: { readonly place: number }
  /** worker → primary: these records, as pairs of places, have taken longer than `timeout`, and were told to abort. */
  overdue: { readonly places: readonly number[] }
  /** worker → primary: what became of records. With a payload, their results. */
  report: {
    /** Places that are worked off, as pairs `from, to`, in order. */
    readonly done: readonly number[]
    /** How many of these were dropped, or have no result. */
    readonly dropped: number
    /** How many results the payload holds. */
    readonly results: number
    /** The results' origins, in order: the first place, and how far behind it each is, as u32, unless that is 0, 1, 2, … */
    readonly from: number
    readonly deltas?: Uint8Array
    readonly failures?: readonly Failure[]
    /** Places given back untouched, as pairs: they would wait too long here. */
    readonly returned?: readonly number[]
    readonly credit: Amount
    readonly activity: Activity
  }
  /** worker → primary: the results at the head of its outbox are more than its room: this much more is needed. */
  need: Amount

  /** primary → sender: results to deliver. */
  results: Lent
  /** sender → primary: results that the sink has confirmed or rejected. */
  confirm: {
    readonly done: readonly number[]
    readonly rejected?: readonly {
      readonly place: number
      readonly reason: string
      readonly id: string
      readonly value: Uint8Array
    }[]
    /** JSON: what the sink goes back to if this sender dies. */
    readonly state?: string
    readonly credit: Amount
    readonly activity: Activity
  }
  /** primary → sender: a checkpoint is due. */
  sync: Record<never, never>
  /**
   * sender → primary: everything confirmed up to this message is what the checkpoint is about;
   * `state` is what the sink would go back to (JSON; absent for a sink without state).
   */
  mark: { readonly state?: string }
  /** sender → primary: everything up to the last `mark` is durable. */
  synced: Record<never, never>
}

/** A part of a batch: `count` records from place `from`, the first `skip` of the `total` in the payload left out. */
export interface Lent {
  readonly from: number
  readonly count: number
  readonly skip: number
  readonly total: number
  /** What it costs of the receiver's credit in bytes. */
  readonly bytes: number
}

/** An attempt that failed. */
export interface Failure {
  readonly place: number
  readonly id: string
  readonly name: string
  readonly message: string
  readonly stack?: string
  /** A second attempt would be no different: straight to the dead letters. */
  readonly final?: boolean
  /** It was no record, which the worker was the first to see: `name` is the code of that. */
  readonly refused?: true
}

/** What a process did since it last said. */
export interface Activity {
  readonly handled: number
  /** Milliseconds. */
  readonly busy: number
  /** Records that it would like to have in hand. */
  readonly window: number
  /** Of a worker: seconds that its handler took, as observations in the buckets of `SECONDS`. */
  readonly times?: Increments
  /** Of a worker: the record that took longest, if that was long. */
  readonly slowest?: Slow
}

/** A record whose handler took long: the last of so many that took this time together, which is mostly 1. */
export interface Slow {
  readonly id: string
  readonly ms: number
  readonly records: number
}

export type Kind = keyof Messages

const kinds: readonly Kind[] = [
  'batch',
  'refused',
  'skipped',
  'end',
  'commit',
  'committed',
  'slots',
  'credit',
  'lend',
  'room',
  'ready',
  'begin',
  'overdue',
  'report',
  'need',
  'results',
  'confirm',
  'sync',
  'mark',
  'synced',
]

export const numberOf = (kind: Kind): number => kinds.indexOf(kind)

export function kindOf(number: number): Kind {
  const kind = kinds[number]
  if (!kind) throw new RangeError(`no message has the number ${number}`)
  return kind
}

export type Message = {
  [K in Kind]: { readonly kind: K; readonly body: Messages[K]; readonly payload: Payload }
}[Kind]
