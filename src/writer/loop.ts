import type { Codec } from '../codec/codec.js'
import type { ChildSpec, ResumeNote } from '../link/control.js'
import type { Link } from '../link/link.js'
import type { Message } from '../link/messages.js'
import { type Clock, systemClock } from '../model/clock.js'
import type { Logger } from '../model/logger.js'
import type { Keep } from '../model/payload.js'
import type {
  RefusedRecord,
  Resume,
  Source,
  SourceKind,
  SourceRecords,
  SourceRegion,
} from '../model/source.js'
import { AwaitedCredit } from './awaited-credit.js'
import { Commits } from './commits.js'
import { outgoing, type Part } from './outgoing.js'
import { Places } from './places.js'
import { Steps } from './steps.js'

/** Milliseconds that a live source has on a drain to hand over what it has taken in. */
const LAST_WORDS_MS = 1000

/** What there must be credit for before anything more is read. */
const oneRecord = { records: 1, bytes: 1 }

/** Records that a source is asked for at once when they are only skipped. */
const LARGEST_SKIP = 4096

/** Bytes of a region that holds more than one record, at the most. */
const LARGEST_REGION = 256 * 1024

export interface WriterParts {
  readonly spec: ChildSpec
  readonly link: Pick<Link, 'send'>
  readonly log: Logger
  readonly signal: AbortSignal
  readonly codec: Codec
  readonly source: Source
  readonly resume: ResumeNote | undefined
  /** Where encoded batches are put. Default: into buffers of their own. */
  readonly keep?: Keep
  /** Default: the system's. */
  readonly clock?: Clock
  giveUp(error: unknown): void
}

/** Opens the source and takes up the role of the writer. */
export async function startWriter(parts: WriterParts): Promise<WriterLoop> {
  const loop = new WriterLoop(parts)
  await loop.open()
  return loop
}

/**
 * The writer: reads the source as far as credit allows, encodes what it read in batches, and sends
 * them with the position that a successor would resume from. What an earlier run has settled is
 * left out, and said to be.
 *
 * It asks the source for nothing it has no credit for, so what was read beyond the last batch is at
 * most what one step of the source yields.
 */
export class WriterLoop {
  readonly #parts: WriterParts
  readonly #stopReading = new AbortController()
  readonly #credit = new AwaitedCredit(this.#stopReading.signal)
  readonly #places: Places
  readonly #commits: Commits
  readonly #clock: Clock
  /** From `open` on. */
  #steps: Steps | undefined
  #saidKind: SourceKind | undefined
  /** How long the primary wants batches to be. */
  #target = 1
  /** Bytes that a record has had of late; guides how many go into a batch. */
  #bytesPerRecord = 256

  constructor(parts: WriterParts) {
    this.#parts = parts
    this.#places = new Places(parts.resume)
    this.#clock = parts.clock ?? systemClock
    this.#commits = new Commits({ ...parts, clock: this.#clock })
  }

  get sourceKind(): SourceKind {
    return this.#parts.source.kind
  }

  /** Whether the source wants to be told what is settled. Known once it is open. */
  get commits(): boolean {
    return this.#parts.source.commit !== undefined
  }

  async open(): Promise<void> {
    const { source, spec, log } = this.#parts
    const context = {
      wanted: () => this.#wanted(),
      maxRecord: spec.maxRecord,
      // A region is never cut because of a record in it that is too large.
      regions: (spec.writer?.regions ?? false) && spec.maxRecord >= LARGEST_REGION,
      signal: this.#stopReading.signal,
      log,
    }
    this.#steps = new Steps(await source.open(this.#resume(), context))
  }

  /** Where the source is to begin; undefined is its beginning. */
  #resume(): Resume | undefined {
    const { position, accepted } = this.#parts.resume ?? {}
    if (position === undefined || accepted === undefined) return undefined
    return { position: JSON.parse(position), accepted, settledBeyond: this.#places.settledAhead }
  }

  begin(): void {
    this.#readLoop().catch((error) => this.#parts.giveUp(error))
  }

  message(message: Message): void {
    if (message.kind === 'commit') this.#commits.add(message.body)
    if (message.kind !== 'credit') return
    this.#target = message.body.target
    this.#credit.grant(message.body)
  }

  /** Reads no more. What was read and not sent is read again by the next run; a live source loses nothing it was asked for. */
  drain(): void {
    this.#stopReading.abort()
    // Nobody else can read again what a live source has taken in already.
    if (this.#live) this.#clock.after(LAST_WORDS_MS, () => this.#steps?.awaitNoMore())
    else this.#steps?.awaitNoMore()
  }

  async stop(): Promise<void> {
    this.#stopReading.abort()
    await this.#commits.stop()
    await this.#parts.source.close?.()
  }

  async #readLoop(): Promise<void> {
    const { signal } = this.#stopReading
    while (!signal.aborted || this.#live) {
      await this.#credit.enoughFor(oneRecord, this.#live)
      if (signal.aborted && !this.#live) break
      const read = await this.#steps!.next()
      if (!read) break
      if ('refused' in read) await this.#passOn(read)
      else await this.#sendAll(read)
    }
    this.#parts.link.send('end', {})
  }

  get #live(): boolean {
    return this.#parts.source.kind === 'live'
  }

  /** Sends what the source handed over, cut to what the primary wants and has credit for. */
  async #sendAll(read: SourceRecords | SourceRegion): Promise<void> {
    const { codec, spec, keep } = this.#parts
    const out = outgoing(read, codec, { ...spec, ...(keep && { keep }) })
    const { signal } = this.#stopReading
    const live = this.#live
    for (let from = 0; from < out.count; ) {
      const { count, settled } = this.#places.ahead(out.count - from)
      if (settled) {
        from += count
        this.#skip(count, read.positionAfter(from))
        continue
      }
      // A drain need not wait for credit, unless what was read can never be read again.
      await this.#credit.enoughFor(oneRecord, live)
      if (signal.aborted && !live) return
      const to = from + Math.min(count, this.#batchLength(), this.#credit.records)
      await this.#send(out.parts(from, to), from, (count) => read.positionAfter(count))
      from = to
    }
  }

  /** These are settled already: the primary only has to know that their places are taken. */
  #skip(count: number, position: unknown): void {
    this.#places.pass(count)
    this.#parts.link.send('skipped', { count, position: JSON.stringify(position) })
  }

  async #send(
    parts: Iterable<Part>,
    first: number,
    positionAfter: (count: number) => unknown,
  ): Promise<void> {
    const { source, link } = this.#parts
    let from = first
    for (const part of parts) {
      const count = part.to - from
      from = part.to
      const position = positionAfter(part.to)
      if ('refused' in part) {
        await this.#refuse(part.refused, position)
        continue
      }
      const { payload, bytes } = part
      this.#bytesPerRecord = (this.#bytesPerRecord + bytes / count) / 2
      await this.#credit.spend({ records: count, bytes })
      this.#places.pass(count)
      const progress = source.progress?.()
      const news = {
        ...(bytes !== payload.byteLength && { bytes }),
        ...(progress && { progress }),
        ...this.#newKind(),
      }
      link.send('batch', { count, position: JSON.stringify(position), ...news }, payload)
    }
  }

  /** The kind of the source, when it has shown itself to be another than was said before. */
  #newKind(): { readonly sourceKind?: SourceKind } {
    const { kind } = this.#parts.source
    if (kind === this.#saidKind) return {}
    this.#saidKind = kind
    return { sourceKind: kind }
  }

  /** What the source refuses, unless it was given up on by an earlier run. */
  async #passOn(read: RefusedRecord): Promise<void> {
    const position = read.positionAfter(1)
    if (this.#places.ahead(1).settled) this.#skip(1, position)
    else await this.#refuse(read.refused, position)
  }

  async #refuse(refused: RefusedRecord['refused'], position: unknown): Promise<void> {
    await this.#credit.spend({ records: 1, bytes: 0 })
    this.#places.pass(1)
    this.#parts.link.send('refused', { ...refused, position: JSON.stringify(position) })
  }

  /** What is only skipped costs nothing. */
  #wanted(): number {
    const { count, settled } = this.#places.ahead(LARGEST_SKIP)
    return settled ? count : Math.max(1, Math.min(this.#credit.records, this.#batchLength()))
  }

  #batchLength(): number {
    const byBytes = Math.floor(this.#parts.spec.batchBytes / this.#bytesPerRecord)
    return Math.max(1, Math.min(this.#target, byBytes))
  }
}
