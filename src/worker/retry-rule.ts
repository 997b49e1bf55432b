import { MillraceError, messageOf } from '../errors.js'
import type { Logger } from '../model/logger.js'
import { isReject } from '../model/reject.js'
import type { WorkerModule } from './user-module.js'

/**
 * Tells failures that another attempt may mend from those that are final.
 *
 * Final are a `Reject`, an error of millrace's own (a forgotten `return`, say), and whatever
 * the module's `retryable` returns false for. When `retryable` itself is at fault, the record is
 * tried again: an attempt too many costs less than a record given up on by mistake.
 */
export class RetryRule {
  readonly #module: Pick<WorkerModule, 'path' | 'retryable'>
  readonly #log: Logger
  #warned = false

  constructor(module: Pick<WorkerModule, 'path' | 'retryable'>, log: Logger) {
    this.#module = module
    this.#log = log
  }

  isFinal(error: unknown): boolean {
    if (error instanceof MillraceError || isReject(error)) return true
    return this.#module.retryable !== undefined && !this.#ask(error)
  }

  #ask(error: unknown): boolean {
    let answer: unknown
    try {
      answer = this.#module.retryable?.(error)
    } catch (thrown) {
      this.#warn(`threw: ${messageOf(thrown)}`)
      return true
    }
    if (typeof answer === 'boolean') return answer
    // Nobody waits for it, and a rejection that nobody hears of would end the process.
    if (answer instanceof Promise) answer.catch(() => {})
    this.#warn(`must return true or false, not ${answer instanceof Promise ? 'a promise' : typeof answer}`)
    return true
  }

  /** Once: it is the same mistake for every record. */
  #warn(what: string): void {
    if (this.#warned) return
    this.#warned = true
    this.#log.warn(`\`retryable\` of ${this.#module.path} ${what}; what it is unclear about is tried again`)
  }
}
