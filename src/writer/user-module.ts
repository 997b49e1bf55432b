import { hash } from 'node:crypto'
import { pack } from '../codec/msgpack.js'
import type { ModuleRef } from '../config/config.js'
import { checkModuleShape, isSource } from '../config/module-shape.js'
import { MillraceError } from '../errors.js'
import type { Logger } from '../model/logger.js'
import { isMarkedRecord, type MarkedRecord, record } from '../model/record.js'
import type {
  Resume,
  Source,
  SourceBatch,
  SourceContext,
  SourceKind,
  SourceProgress,
  SourceRecords,
} from '../model/source.js'
import { Gather } from './gather.js'

/** The argument of a writer module's generator. */
export interface WriterContext<Position = unknown> {
  /** That of the last record accepted; undefined at the start. Yield what follows it. */
  readonly position: Position | undefined
  readonly record: typeof record
  readonly log: Logger
  /** Aborts when the pipeline stops reading. */
  readonly signal: AbortSignal
  /** What the configuration has under `with` for this module. */
  readonly with: Readonly<Record<string, unknown>>
}

/** A writer module's default export: yields values, or makes a {@link Source}. */
export type WriterModule = (context: WriterContext) => AsyncIterable<unknown> | Iterable<unknown> | Source

/** Where a generator resumes: at a position of its own, or after so many values, the last of which looked so. */
type ModulePosition =
  | { readonly own: unknown; readonly count: number }
  | { readonly count: number; readonly fingerprint: string }

/**
 * The source that a writer module makes: its default export is a generator function, or a
 * {@link Source} (or a function that returns one). Throws `module_shape` when it is neither.
 */
export function sourceFrom(exports: Readonly<Record<string, unknown>>, ref: ModuleRef): Source {
  checkModuleShape('writer', exports, ref)
  const made = exports.default
  if (isSource(made)) return made
  return new GeneratorSource(made as WriterModule, ref, exports.live === true)
}

/**
 * A generator as a source. It is *live* if the module says so, *positioned* as soon as its records
 * carry positions, and otherwise *counted*: taken to yield the same again, which is checked by the
 * fingerprint of the last value accepted.
 */
class GeneratorSource implements Source<unknown, ModulePosition> {
  kind: SourceKind
  /** Only if the function made a source that has one. Set by `open`. */
  commit?: NonNullable<Source<unknown, ModulePosition>['commit']>
  readonly #generate: WriterModule
  readonly #ref: ModuleRef
  #gather: Gather<unknown> | undefined
  /** The source that the function made, if it is no generator. */
  #made: Source | undefined
  #count = 0

  constructor(generate: WriterModule, ref: ModuleRef, live: boolean) {
    this.#generate = generate
    this.#ref = ref
    this.kind = live ? 'live' : 'counted'
  }

  async open(
    resume: Resume<ModulePosition> | undefined,
    context: SourceContext,
  ): Promise<AsyncIterable<SourceBatch<unknown, ModulePosition>>> {
    const position = this.kind === 'live' ? undefined : resume?.position
    this.#count = resume?.position?.count ?? 0
    const values = this.#generate({
      position: position && 'own' in position ? position.own : undefined,
      record,
      log: context.log,
      signal: context.signal,
      with: this.#ref.with,
    })
    if (isSource(values)) {
      this.#made = values
      this.kind = values.kind
      if (values.commit) this.commit = values.commit.bind(values)
      return values.open(resume, context) as Promise<AsyncIterable<SourceBatch<unknown, ModulePosition>>>
    }
    this.#gather = new Gather(iteratorOf(values, this.#ref))
    if (position && 'fingerprint' in position) await this.#skip(position, this.#gather)
    else if (position) this.kind = 'positioned'
    return this.#batches(this.#gather, context)
  }

  progress(): SourceProgress {
    return this.#made?.progress?.() ?? {}
  }

  async close(): Promise<void> {
    this.#gather?.close()
    await this.#made?.close?.()
  }

  async *#batches(
    gather: Gather<unknown>,
    context: SourceContext,
  ): AsyncGenerator<SourceRecords<unknown, ModulePosition>> {
    for (;;) {
      const yielded = await gather.next(context.wanted())
      if (yielded.length === 0) return
      const first = this.#count
      this.#count += yielded.length
      if (yielded.some((value) => isMarkedRecord(value) && value.position !== undefined))
        this.kind = 'positioned'
      yield recordsOf(yielded, first)
    }
  }

  /** Reads past what was accepted before, and makes sure that it is the same. */
  async #skip(position: { count: number; fingerprint: string }, gather: Gather<unknown>): Promise<void> {
    let last: unknown
    for (let left = position.count; left > 0; ) {
      const skipped = await gather.next(Math.min(left, 4096))
      if (skipped.length === 0)
        throw changed(this.#ref.path, `it ended after ${position.count - left} values`)
      left -= skipped.length
      last = skipped.at(-1)
    }
    if (position.count > 0 && fingerprintOf(last) !== position.fingerprint) {
      throw changed(this.#ref.path, `its value number ${position.count} is another one now`)
    }
  }
}

function iteratorOf(values: unknown, ref: ModuleRef): AsyncIterator<unknown> | Iterator<unknown> {
  if (typeof values === 'object' && values !== null) {
    if (Symbol.asyncIterator in values) return (values as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    if (Symbol.iterator in values) return (values as Iterable<unknown>)[Symbol.iterator]()
  }
  throw new MillraceError(
    'module_shape',
    `the default export of ${ref.path} returned ${values === null ? 'null' : typeof values}: it must be a generator function, or return something to iterate over`,
  )
}

function recordsOf(yielded: readonly unknown[], first: number): SourceRecords<unknown, ModulePosition> {
  const positionAfter = (count: number): ModulePosition => {
    const last = yielded[count - 1]
    return isMarkedRecord(last) && last.position !== undefined
      ? { own: last.position, count: first + count }
      : { count: first + count, fingerprint: fingerprintOf(last) }
  }
  if (!yielded.some(isMarkedRecord)) return { values: yielded, ids: { prefix: '', first }, positionAfter }
  const marks = yielded.map((value): MarkedRecord | undefined => (isMarkedRecord(value) ? value : undefined))
  return {
    values: yielded.map((value) => (isMarkedRecord(value) ? value.value : value)),
    ids: { list: marks.map((mark, index) => mark?.id ?? String(first + index)) },
    keys: marks.map((mark) => mark?.key),
    headers: marks.map((mark) => mark?.headers),
    positionAfter,
  }
}

/** Short text that differs when the value does. A value that cannot be encoded has only its type. */
function fingerprintOf(value: unknown): string {
  const plain = isMarkedRecord(value) ? [value.value, value.key, value.headers] : value
  try {
    return hash('sha1', pack(plain), 'base64')
  } catch {
    return typeof plain
  }
}

const changed = (path: string, how: string) =>
  new MillraceError(
    'source_changed',
    `${path} does not yield what it yielded before: ${how}. Make it deterministic, give its records a position (\`record(value, { position })\`), or export \`live = true\`. To begin anew, run it once with --fresh.`,
  )
