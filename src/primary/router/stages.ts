import { codecNamed } from '../../codec/codec.js'
import type { Config } from '../../config/config.js'
import {
  letterOfDeaths,
  letterOfFailure,
  letterOfRefusal,
  letterOfRejection,
} from '../../dead-letters/letters.js'
import { Account } from '../../flow/account.js'
import { RateLimit } from '../../flow/rate.js'
import type { Clock } from '../../model/clock.js'
import type { Queue } from '../../queue/contract.js'
import type { EventListener } from '../../telemetry/events.js'
import type { Checkpoints } from '../checkpoints.js'
import { Backlog } from './backlog.js'
import { BatchReader } from './batch-reader.js'
import { DeadLetterOffice } from './dead-letter-office.js'
import { Delivery } from './delivery.js'
import { Dispatch } from './dispatch.js'
import { Endings } from './endings.js'
import { FlowMeter } from './flow-meter.js'
import { InputOrder } from './input-order.js'
import { Intake } from './intake.js'
import { KeyOrder } from './key-order.js'
import type { Letters } from './open-letters.js'
import { Replays } from './replays.js'
import { Retries } from './retries.js'
import { type Guilt, Suspects } from './suspects.js'

export interface StagesParts {
  readonly config: Config
  readonly clock: Clock
  readonly checkpoints: Checkpoints
  readonly letters: Letters
  readonly inQueue: Queue
  /** Absent when results go nowhere. */
  readonly outQueue: Queue | undefined
  /** Records to read in this run at the most. */
  readonly limit?: number | undefined
  readonly emit: EventListener
  /** A record was given up because of these deaths, which are on its account and not on the processes'. */
  pardon(guilt: Guilt): void
  failed(error: unknown): void
  /** Something can move that could not before. */
  wake(): void
}

/**
 * What records pass through in the primary, put together. Which of them is told what by a child is the router's.
 *
 * Each is told of the others by functions that find them here: none calls another before all are made.
 */
export class Stages {
  readonly account = new Account()
  readonly inQueue: Queue
  readonly outQueue: Queue | undefined
  readonly intake: Intake
  readonly dispatch: Dispatch
  readonly delivery: Delivery | undefined
  readonly retries: Retries
  readonly rate: RateLimit
  readonly replays: Replays
  readonly flow: FlowMeter
  readonly office: DeadLetterOffice
  readonly endings: Endings
  readonly reader: BatchReader
  /** Present when the records of a key are kept in order. */
  readonly keyOrder: KeyOrder | undefined
  readonly #mostOutside: number

  constructor(parts: StagesParts) {
    const { config, clock, checkpoints, letters, inQueue, outQueue, emit, failed, wake } = parts
    const { account } = this
    const codec = codecNamed(config.codec)
    const reader = new BatchReader(codec)
    const suspects = new Suspects()
    const now = () => clock.now()
    const flow = new FlowMeter(now)
    this.inQueue = inQueue
    this.outQueue = outQueue
    this.reader = reader
    this.flow = flow
    this.#mostOutside = config.inQueue
    this.rate = new RateLimit(config.rate, now())
    this.keyOrder = config.order === 'key' ? new KeyOrder() : undefined
    this.replays = new Replays({
      codec,
      most: config.inQueue,
      lend: (piece) => this.retries.again(piece, 1),
      deliver: outQueue && ((results) => this.dispatch.deliverAgain(results)),
      taken: () => account.counters.read++,
      settled: () => {
        if (checkpoints.keeps) checkpoints.touch()
        else this.replays.forget(this.replays.done).catch(failed)
        wake()
      },
      forget: (ids) => letters.forget(ids),
      failed,
      now,
    })
    this.office = new DeadLetterOffice({ keeper: letters, replays: this.replays, emit, failed, kept: wake })
    this.intake = new Intake({
      queue: inQueue,
      account,
      from: checkpoints.from,
      limit: parts.limit,
      flow,
      read: (place, position) => checkpoints.read(place, position),
      passed: (places) => this.dispatch.passed(places),
      now,
    })
    this.retries = new Retries({
      policy: config.retry,
      clock,
      extract: (piece) => reader.extract(piece),
      retried: (_, { id, message }, attempt, inMs) => {
        account.counters.retried++
        emit({ type: 'recordRetried', id, attempt, inMs, error: message })
      },
      giveUp: (piece, attempts, failure) =>
        this.endings.giveUp(
          piece,
          failure.refused
            ? letterOfRefusal({ id: failure.id, code: failure.name, reason: failure.message })
            : letterOfFailure(reader.recordOf(piece), attempts, failure),
        ),
      wake,
    })
    const backlog = new Backlog({
      inQueue,
      retries: this.retries,
      suspects,
      keys: this.keyOrder,
      full: () => this.full,
    })
    this.endings = new Endings({
      account,
      inQueue,
      replays: this.replays,
      office: this.office,
      backlog,
      checkpoints,
      passed: (places) => this.dispatch.passed(places),
    })
    this.dispatch = new Dispatch({
      inQueue,
      outQueue,
      account,
      backlog,
      retries: this.retries,
      suspects,
      rate: this.rate,
      inputOrder:
        config.order === 'input' && outQueue
          ? new InputOrder(checkpoints.from.place, config.outQueue)
          : undefined,
      deaths: config.retry.deaths,
      flow,
      settled: (places) => this.endings.settle(places),
      condemned: ({ piece, attempt }, guilt) => {
        this.endings.giveUp(piece, letterOfDeaths(reader.recordOf(piece), attempt, guilt.named))
        parts.pardon(guilt)
      },
      now,
    })
    this.delivery =
      outQueue &&
      new Delivery({
        queue: outQueue,
        account,
        flow,
        sinkState: checkpoints.sinkState,
        keep: (refusals, then) => {
          const rejected = refusals.map((refusal) => letterOfRejection(refusal, codec))
          this.office.keep(rejected, then)
        },
        delivered: (results) => this.dispatch.secured(results),
        settled: wake,
        marked: (state) => checkpoints.marked(state),
        synced: () => checkpoints.synced(),
        now,
      })
  }

  /** So many records wait outside of the queues, for a retry or for the disk, that nothing new should begin. */
  get full(): boolean {
    return this.retries.waiting + this.office.keeping >= this.#mostOutside
  }

  /** Nothing more will come, and nothing is left. */
  get empty(): boolean {
    return (
      this.intake.ended &&
      this.account.inFlight === 0 &&
      this.office.keeping === 0 &&
      !this.replays.feeding &&
      this.inQueue.empty &&
      (this.outQueue?.empty ?? true)
    )
  }

  async close(): Promise<void> {
    this.retries.clear()
    this.replays.stop()
    await this.inQueue.close()
    await this.outQueue?.close()
    this.reader.close()
  }
}
