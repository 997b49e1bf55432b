import { decodeBatch } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { Credit } from '../../src/flow/credit.js'
import type { ResumeNote } from '../../src/link/control.js'
import type { Message } from '../../src/link/messages.js'
import type { Source, SourceBatch } from '../../src/model/source.js'
import { startWriter, type WriterLoop } from '../../src/writer/loop.js'
import { FakeClock } from '../fake-clock.js'
import { FakeLink } from '../fake-link.js'
import { quietLog } from '../quiet-log.js'
import { specOf } from '../specs.js'

const codec = codecNamed('msgpack')

/** Plays the primary of one writer: throws when something is sent without credit. */
export class Reader {
  readonly values: unknown[] = []
  readonly refused: string[] = []
  readonly link = new FakeLink((message) => this.#heard(message))
  readonly errors: unknown[] = []
  readonly clock = new FakeClock()
  readonly #credit = new Credit()
  readonly #resume: ResumeNote | undefined
  /** What a position is after each message: the sources here count. */
  #place: number
  loop!: WriterLoop

  constructor(resume?: ResumeNote) {
    this.#resume = resume
    this.#place = resume?.accepted ?? 0
  }

  async start(source: Source): Promise<this> {
    this.loop = await startWriter({
      spec: specOf('writer', { batchBytes: 500, maxRecord: 400 }),
      link: this.link,
      log: quietLog,
      signal: new AbortController().signal,
      codec,
      source,
      resume: this.#resume,
      clock: this.clock,
      giveUp: (error) => this.errors.push(error),
    })
    this.loop.begin()
    return this
  }

  grant(records: number, bytes: number, target = 100): void {
    this.#credit.grant({ records, bytes })
    this.loop.message({ kind: 'credit', body: { records, bytes, target }, payload: new Uint8Array(0) })
  }

  commit(position: unknown, ...settledBeyond: number[]): void {
    const body = { position: JSON.stringify(position), settledBeyond }
    this.loop.message({ kind: 'commit', body, payload: new Uint8Array(0) })
  }

  /** Grants a little again and again until the writer has ended. */
  async readAll(records: number, bytes: number, target?: number): Promise<void> {
    while (this.link.all('end').length === 0 && this.errors.length === 0) {
      this.grant(records, bytes, target)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #heard({ kind, body, payload }: Message): void {
    if (kind === 'batch') {
      this.#credit.spend({ records: body.count, bytes: payload.byteLength })
      this.values.push(...decodeBatch(payload, body.count, codec).values)
      this.#wentOn(body.count, body.position)
    } else if (kind === 'refused') {
      this.#credit.spend({ records: 1, bytes: 0 })
      this.refused.push(body.id)
      this.#wentOn(1, body.position)
    } else if (kind === 'skipped') {
      this.#wentOn(body.count, body.position)
    }
  }

  #wentOn(count: number, position: string): void {
    this.#place += count
    if (JSON.parse(position) !== this.#place) throw new Error(`position ${position} at place ${this.#place}`)
  }
}

/** A source of these values from where it is told to begin, in batches of the given lengths. Its positions count. */
export function sourceOf(
  values: readonly unknown[],
  lengths: readonly number[],
  kind: Source['kind'] = 'counted',
): Source<unknown, number> {
  return {
    kind,
    async *open(resume): AsyncGenerator<SourceBatch<unknown, number>> {
      let from = resume?.position ?? 0
      for (let turn = 0; from < values.length; turn++) {
        const first = from
        from += lengths[turn % lengths.length]!
        const some = values.slice(first, from)
        yield { values: some, ids: { prefix: 'n', first }, positionAfter: (count) => first + count }
      }
    },
  }
}
