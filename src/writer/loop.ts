import type { Codec } from '../codec/codec.js'
import { encodeWithin } from '../codec/encode-within.js'
import { Credit } from '../flow/credit.js'
import type { ChildSpec, ResumeNote } from '../link/control.js'
import type { Link } from '../link/link.js'
import type { Message } from '../link/messages.js'
import type { Amount } from '../model/amount.js'
import { idAt } from '../model/ids.js'
import type { Logger } from '../model/logger.js'
import { sliceRecords } from '../model/record.js'
import type { RefusedRecord, Source, SourceBatch, SourceKind, SourceRecords } from '../model/source.js'

/** Milliseconds that a live source has on a drain to hand over what it has taken in. */
const LAST_WORDS_MS = 1000

export interface WriterParts {
  readonly spec: ChildSpec
  readonly link: Pick<Link, 'send'>
  readonly log: Logger
  readonly signal: AbortSignal
  readonly codec: Codec
  readonly source: Source
  readonly resume: ResumeNote | undefined
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
 * them with the position that a successor would resume from.
 *
 * It asks the source for nothing it has no credit for, so what was read beyond the last batch is at
 * most what one step of the source yields.
 */
export class WriterLoop {
  readonly #parts: WriterParts
  readonly #credit = new Credit()
  readonly #stopReading = new AbortController()
  #batches: AsyncIterator<SourceBatch> | undefined
  #saidKind: SourceKind | undefined
  /** How long the primary wants batches to be. */
  #target = 1
  /** Bytes that a record has had of late; guides how many go into a batch. */
  #bytesPerRecord = 256
  #enough: (() => void) | undefined
  /** Ends the wait for the source's next step. Set by each step. */
  #interrupt: (() => void) | undefined
  /** Whether more of the source is awaited; false soon after a drain. */
  #patient = true

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  get sourceKind(): SourceKind {
    return this.#parts.source.kind
  }

  async open(): Promise<void> {
    const { resume, source, spec, log } = this.#parts
    const from = resume && { position: JSON.parse(resume.position), accepted: resume.accepted }
    const context = {
      wanted: () => Math.max(1, Math.min(this.#credit.available.records, this.#batchLength())),
      maxRecord: spec.maxRecord,
      signal: this.#stopReading.signal,
      log,
    }
    this.#batches = (await source.open(from, context))[Symbol.asyncIterator]()
  }

  begin(): void {
    this.#readLoop().catch((error) => this.#parts.giveUp(error))
  }

  message(message: Message): void {
    if (message.kind !== 'credit') return
    this.#target = message.body.target
    this.#credit.grant(message.body)
    this.#enough?.()
  }

  /** Reads no more. What was read and not sent is read again by the next run; a live source loses nothing it was asked for. */
  drain(): void {
    this.#stopReading.abort()
    this.#enough?.()
    // Nobody else can read again what a live source has taken in already.
    if (this.#live) setTimeout(() => this.#awaitNoMore(), LAST_WORDS_MS).unref()
    else this.#awaitNoMore()
  }

  async stop(): Promise<void> {
    this.#stopReading.abort()
    await this.#parts.source.close?.()
  }

  async #readLoop(): Promise<void> {
    const { signal } = this.#stopReading
    while (!signal.aborted || this.#live) {
      await this.#creditFor({ records: 1, bytes: 1 }, this.#live)
      if (signal.aborted && !this.#live) break
      const step = await this.#nextStep()
      if (!step || step.done) break
      if ('refused' in step.value) await this.#refuse(step.value.refused, step.value.positionAfter(1))
      else await this.#sendAll(step.value)
    }
    this.#parts.link.send('end', {})
  }

  #awaitNoMore(): void {
    this.#patient = false
    this.#interrupt?.()
  }

  /** The next step of the source, or nothing when no more is to be awaited. */
  #nextStep(): Promise<IteratorResult<SourceBatch> | undefined> {
    return new Promise((resolve, reject) => {
      if (!this.#patient) {
        resolve(undefined)
        return
      }
      // One at a time: a race against one long promise would keep a reaction for every step.
      this.#interrupt = () => resolve(undefined)
      this.#batches!.next().then(resolve, reject)
    })
  }

  get #live(): boolean {
    return this.#parts.source.kind === 'live'
  }

  /** Sends what the source handed over, cut to what the primary wants and has credit for. */
  async #sendAll(read: SourceRecords): Promise<void> {
    const { signal } = this.#stopReading
    const live = this.#live
    for (let from = 0; from < read.values.length; ) {
      // A drain need not wait for credit, unless what was read can never be read again.
      if (signal.aborted && !live && this.#credit.available.records < 1) return
      await this.#creditFor({ records: 1, bytes: 1 }, live)
      if (signal.aborted && !live) return
      const to = Math.min(
        read.values.length,
        from + Math.min(this.#batchLength(), this.#credit.available.records),
      )
      await this.#encodeAndSend(read, from, to)
      from = to
    }
  }

  async #encodeAndSend(read: SourceRecords, from: number, to: number): Promise<void> {
    const { codec, spec, source, link } = this.#parts
    const records = sliceRecords(read, from, to)
    for (const part of encodeWithin(records, codec, spec)) {
      const position = read.positionAfter(from + part.to)
      if ('refused' in part) {
        const { code, message } = part.refused
        await this.#refuse({ id: idAt(records.ids, part.from), code, reason: message }, position)
        continue
      }
      const count = part.to - part.from
      const bytes = part.payload.byteLength
      this.#bytesPerRecord = (this.#bytesPerRecord + bytes / count) / 2
      await this.#creditFor({ records: count, bytes }, true)
      this.#credit.spend({ records: count, bytes })
      const progress = source.progress?.()
      const news = { ...(progress && { progress }), ...this.#newKind() }
      link.send('batch', { count, position: JSON.stringify(position), ...news }, part.payload)
    }
  }

  /** The kind of the source, when it has shown itself to be another than was said before. */
  #newKind(): { readonly sourceKind?: SourceKind } {
    const { kind } = this.#parts.source
    if (kind === this.#saidKind) return {}
    this.#saidKind = kind
    return { sourceKind: kind }
  }

  async #refuse(refused: RefusedRecord['refused'], position: unknown): Promise<void> {
    await this.#creditFor({ records: 1, bytes: 0 }, true)
    this.#credit.spend({ records: 1, bytes: 0 })
    this.#parts.link.send('refused', { ...refused, position: JSON.stringify(position) })
  }

  /** Resolves when there is credit for so much; on a drain at once, unless it must be had. */
  async #creditFor(amount: Amount, must = false): Promise<void> {
    while (!this.#credit.allows(amount) && (must || !this.#stopReading.signal.aborted)) {
      await new Promise<void>((resolve) => {
        this.#enough = resolve
      })
      this.#enough = undefined
    }
  }

  #batchLength(): number {
    const byBytes = Math.floor(this.#parts.spec.batchBytes / this.#bytesPerRecord)
    return Math.max(1, Math.min(this.#target, byBytes))
  }
}
