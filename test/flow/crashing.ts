import { Commit, type Draft, type Step } from '../../src/flow/commit.js'
import type { Reached } from '../../src/flow/frontier.js'

/**
 * - source `kept`: can be read again from any position, `told`: forgets what it was told is settled
 *   (a broker), `live`: forgets what it has handed over
 * - sink `plain`: keeps what it is given, `idempotent`: keeps one of each id, `cuttable`: can be cut
 *   back to a length, and loses in a crash what was not synced
 */
export interface Kinds {
  readonly source: 'kept' | 'told' | 'live'
  readonly sink: 'plain' | 'idempotent' | 'cuttable'
}

const beginning: Reached = { place: 0, settledBeyond: [] }

/** Every fifth record has no result. */
const isDropped = (record: number) => record % 5 === 3

/**
 * A stream of numbers through a {@link Commit} to a sink, in which everything may happen in any
 * order and the power may fail between any two steps. What survives is what really would.
 */
export class Crashing {
  crashes = 0
  readonly #kinds: Kinds
  readonly #count: number
  /** What survives a crash. */
  readonly #disk: { checkpoint: Draft<null> | undefined; sink: number[]; told: number; live: number } = {
    checkpoint: undefined,
    sink: [],
    told: 0,
    live: 0,
  }
  /** How much of the sink is durable, where that makes a difference. */
  #durable = 0
  /** Results delivered since the mark of the checkpoint on disk: these may come again after a crash. */
  #sinceMark = { delivered: 0, draft: 0 }
  #mayDouble = 0
  #lost = 0
  /** Nothing more goes wrong. */
  #calm = false

  #commit = this.#opened()
  #next = 0
  #inFlight: number[] = []
  #step: Step<null> | undefined
  #marked: number | undefined

  constructor(kinds: Kinds, count: number) {
    this.#kinds = kinds
    this.#count = count
    this.#commit = this.#opened()
  }

  /** Does one of the things that could happen now. */
  step(pick: number): void {
    const possible = this.#possible()
    possible[pick % possible.length]?.()
  }

  /** The power fails. */
  crash(pick: number): void {
    this.crashes++
    if (this.#step?.do === 'write' && pick % 2 === 0) this.#write(this.#step.draft)
    const written = this.#disk.sink.length
    if (this.#kinds.sink === 'cuttable') {
      this.#disk.sink.length = this.#durable + (pick % (written - this.#durable + 1))
    }
    this.#mayDouble += this.#sinceMark.delivered
    if (this.#kinds.source === 'live') this.#lost += this.#inFlight.length + written - this.#disk.sink.length
    this.#reopen()
  }

  /** What must hold at every moment. */
  check(): void {
    const { told, sink, checkpoint } = this.#disk
    if (told > (checkpoint?.place ?? 0)) throw new Error(`told ${told} ahead of the checkpoint`)
    const durable = new Set(this.#kinds.sink === 'cuttable' ? sink.slice(0, this.#durable) : sink)
    for (let record = 0; record < told; record++) {
      if (!isDropped(record) && !durable.has(record)) throw new Error(`${record} was told and is not durable`)
    }
  }

  /** Goes on without crashes until everything is settled, and looks at what the sink has. */
  finish(): void {
    this.#calm = true
    for (let i = 0; this.#possible().length > 0; i++) {
      this.step(i)
      this.check()
      if (i > 100_000) throw new Error('it never ends')
    }
    const { sink } = this.#disk
    const expected = Array.from({ length: this.#count }, (_, i) => i).filter((record) => !isDropped(record))
    const missing = expected.filter((record) => !sink.includes(record)).length
    const double = sink.length - new Set(sink).size
    if (missing > this.#lost) throw new Error(`${missing} records are missing, ${this.#lost} may be`)
    const mayDouble = this.#kinds.sink === 'plain' && this.#kinds.source !== 'live' ? this.#mayDouble : 0
    if (double > mayDouble) throw new Error(`${double} results are double, ${mayDouble} may be`)
    const { place, settledBeyond } = this.#commit.reached
    if (this.#kinds.source !== 'live' && (place !== this.#count || settledBeyond.length > 0)) {
      throw new Error(`the last checkpoint is at ${place}`)
    }
  }

  #possible(): (() => void)[] {
    const possible: (() => void)[] = []
    if (this.#next < this.#count && this.#inFlight.length < 12) possible.push(() => this.#read())
    for (let i = 0; i < this.#inFlight.length; i += 3) possible.push(() => this.#settle(i))
    const step = this.#step
    if (step) possible.push(() => this.#do(step))
    if (this.#calm) return possible
    if (step?.do === 'sync' && this.#marked !== undefined) possible.push(() => this.#loseSender())
    if (step?.do === 'commit') possible.push(() => this.#loseWriter())
    else if (this.#commit.changed) possible.push(() => this.#begin())
    return possible
  }

  #read(): void {
    const skip = new Set(this.#settledBefore())
    const to = Math.min(this.#count, this.#next + 1 + (this.#next % 4))
    for (let record = this.#next; record < to; record++) if (!skip.has(record)) this.#inFlight.push(record)
    this.#next = to
    if (this.#kinds.source === 'live') this.#disk.live = to
    this.#commit.read(to, `${to}`)
  }

  #settle(index: number): void {
    const [record] = this.#inFlight.splice(index, 1)
    if (!isDropped(record!)) this.#deliver(record!)
    this.#commit.settle(record!, record! + 1)
  }

  #deliver(record: number): void {
    const { sink } = this.#disk
    this.#sinceMark.delivered++
    this.#sinceMark.draft++
    if (this.#kinds.sink !== 'idempotent' || !sink.includes(record)) sink.push(record)
  }

  #begin(): void {
    this.#step = this.#commit.begin(() => null)
  }

  #do(step: Step<null>): void {
    if (step.do === 'write') {
      this.#write(step.draft)
      this.#step = this.#commit.written()
    } else if (step.do === 'commit') {
      this.#disk.told = step.reached.place
      this.#commit.committed()
      this.#step = undefined
    } else if (this.#marked === undefined) {
      this.#marked = this.#disk.sink.length
      this.#sinceMark.draft = 0
      const state = this.#kinds.sink === 'cuttable' ? `${this.#marked}` : undefined
      this.#commit.marked(state, null)
    } else {
      this.#durable = Math.max(this.#durable, this.#marked)
      this.#marked = undefined
      this.#step = this.#commit.synced()
    }
  }

  /** The sender alone dies: what it marked is void, and its successor is asked. */
  #loseSender(): void {
    this.#marked = undefined
    this.#commit.senderLost()
  }

  #loseWriter(): void {
    this.#commit.writerLost()
    this.#step = undefined
  }

  #write(draft: Draft<null>): void {
    this.#disk.checkpoint = draft
    this.#sinceMark.delivered = this.#sinceMark.draft
  }

  #reopen(): void {
    const { sinkState } = this.#disk.checkpoint ?? {}
    if (this.#kinds.sink === 'cuttable') {
      const length = Number(sinkState ?? 0)
      if (this.#disk.sink.length < length) throw new Error('the sink is shorter than its checkpoint')
      // What a live source has delivered since then will not come again.
      if (this.#kinds.source !== 'live') this.#disk.sink.length = length
      this.#durable = this.#disk.sink.length
    }
    this.#commit = this.#opened()
    this.#next = this.#kinds.source === 'live' ? this.#disk.live : this.#commit.reached.place
    this.#inFlight = []
    this.#step = undefined
    this.#marked = undefined
    this.#sinceMark = { delivered: 0, draft: 0 }
  }

  #opened(): Commit<null> {
    const live = this.#kinds?.source === 'live'
    const from = live ? { place: this.#disk.live, settledBeyond: [] } : (this.#disk?.checkpoint ?? beginning)
    const commit = new Commit<null>({ from, delivers: true })
    commit.sourceKeeps = this.#kinds?.source === 'told'
    return commit
  }

  /** What the run before settled beyond the position that this one began at. */
  #settledBefore(): number[] {
    if (this.#kinds.source === 'live') return []
    const { settledBeyond = [] } = this.#disk.checkpoint ?? {}
    return settledBeyond.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))
  }
}
