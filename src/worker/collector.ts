import { MillraceError } from '../errors.js'
import { type Line, lineOf, NoLine } from '../lines/encode.js'
import type { Logger } from '../model/logger.js'
import type { Refusal } from '../model/record.js'
import type { LineFormat } from '../model/region.js'
import type { Outcomes } from './calls.js'
import { drop } from './context.js'
import { failureOf, noLineOf, refusalOf } from './failure.js'
import type { Lend } from './hand.js'
import { Outbox } from './outbox.js'
import { RetryRule } from './retry-rule.js'
import type { WorkerModule } from './user-module.js'

export interface CollectorParts {
  readonly module: WorkerModule
  readonly log: Logger
  /** Whether results go anywhere. */
  readonly delivers: boolean
  /** How results become lines, if that is what they leave as. */
  readonly lines: LineFormat | undefined
}

/** Gathers what the handler gave back as what is to be reported: results, drops and failures. */
export class Collector implements Outcomes {
  readonly #delivers: boolean
  readonly #lines: LineFormat | undefined
  readonly #path: string
  readonly #retryRule: RetryRule
  #outbox = new Outbox()

  constructor({ module, log, delivers, lines }: CollectorParts) {
    this.#delivers = delivers
    this.#lines = lines
    this.#path = module.path
    this.#retryRule = new RetryRule(module, log)
  }

  get empty(): boolean {
    return this.#outbox.empty
  }

  /** Hands over what has been gathered. */
  take(): Outbox {
    const outbox = this.#outbox
    this.#outbox = new Outbox()
    return outbox
  }

  returned(lend: Lend, index: number, value: unknown): void {
    const place = lend.from + index
    if (value === drop) this.#outbox.addDropped(place)
    else if (!this.#delivers) this.#outbox.addDone(place)
    else if (value === undefined) this.failed(lend, index, resultMissing(this.#path))
    else if (this.#lines) this.#addLine(lend, index, lineOf(value, this.#lines))
    else this.#outbox.addResult(place, value, lend.records, index)
  }

  generated(lend: Lend, index: number, values: readonly unknown[]): void {
    const place = lend.from + index
    const results = values.filter((value) => value !== drop)
    if (!this.#delivers) this.#outbox.addDone(place)
    else if (this.#lines) this.#addLines(lend, index, linesOf(results, this.#lines))
    else this.#outbox.addResults(place, results, lend.records, index)
  }

  /** No handler is called for this one. */
  refused(lend: Lend, index: number, refusal: Refusal): void {
    this.#outbox.addFailure(refusalOf(lend, index, refusal))
  }

  failed(lend: Lend, index: number, error: unknown): void {
    this.#outbox.addFailure(failureOf(lend, index, error, this.#retryRule.isFinal(error)))
  }

  #addLine(lend: Lend, index: number, line: Line | NoLine): void {
    if (line instanceof NoLine) this.#outbox.addFailure(noLineOf(lend, index, line))
    else this.#outbox.addResult(lend.from + index, line, lend.records, index)
  }

  #addLines(lend: Lend, index: number, lines: readonly Line[] | NoLine): void {
    if (lines instanceof NoLine) this.#outbox.addFailure(noLineOf(lend, index, lines))
    else this.#outbox.addResults(lend.from + index, lines, lend.records, index)
  }
}

/** A record of which one result cannot be a line has none: its results leave together. */
function linesOf(results: readonly unknown[], format: LineFormat): readonly Line[] | NoLine {
  const lines: Line[] = []
  for (const result of results) {
    const line = lineOf(result, format)
    if (line instanceof NoLine) return line
    lines.push(line)
  }
  return lines
}

const resultMissing = (path: string) =>
  new MillraceError(
    'result_missing',
    `the handler of ${path} returned undefined: return the result, \`ctx.drop\` to have none, or leave \`sender\` out of the configuration`,
  )
