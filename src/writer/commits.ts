import { messageOf } from '../errors.js'
import { Backoff } from '../flow/backoff.js'
import type { Link } from '../link/link.js'
import type { Messages } from '../link/messages.js'
import type { Clock } from '../model/clock.js'
import type { Logger } from '../model/logger.js'
import type { Source } from '../model/source.js'
import type { Span } from '../model/span.js'

/** Milliseconds that a commit may take once the writer is to end. */
const LAST_COMMIT_MS = 5000

export interface CommitParts {
  readonly source: Pick<Source, 'commit'>
  readonly link: Pick<Link, 'send'>
  readonly log: Logger
  readonly clock: Clock
}

/**
 * Tells the source's origin what is settled, one commit at a time. One that fails is tried again
 * for as long as it takes; a newer one takes the place of one that waits, because it says all that
 * the older would have said.
 */
export class Commits {
  readonly #parts: CommitParts
  readonly #backoff = new Backoff()
  /** What the origin is to know, until it does. */
  #due: Messages['commit'] | undefined
  /** Until everything is committed, or given up on; never rejects. */
  #loop: Promise<void> | undefined
  #stopping = false
  #cutWaitShort: (() => void) | undefined

  constructor(parts: CommitParts) {
    this.#parts = parts
  }

  /** Commits this, after the one that is under way. */
  add(commit: Messages['commit']): void {
    this.#due = commit
    this.#loop ??= this.#commitLoop()
  }

  /** Resolves soon: what is under way may end, and what waits is tried once more. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#cutWaitShort?.()
    if (!this.#loop) return
    let cancel = () => {}
    const deadline = new Promise<void>((resolve) => {
      cancel = this.#parts.clock.after(LAST_COMMIT_MS, resolve)
    })
    await Promise.race([this.#loop, deadline])
    cancel()
    if (this.#due) {
      this.#parts.log.warn(
        'the source could not be told of everything that is settled; its origin may offer some records again',
      )
    }
  }

  async #commitLoop(): Promise<void> {
    while (this.#due) {
      const worked = await this.#commit(this.#due)
      if (worked) continue
      if (this.#stopping) break
      await this.#wait(this.#backoff.failed())
    }
    this.#loop = undefined
  }

  /** Whether it worked. */
  async #commit(commit: Messages['commit']): Promise<boolean> {
    const { source, link, log } = this.#parts
    try {
      await source.commit?.(JSON.parse(commit.position), spansOf(commit.settledBeyond))
    } catch (error) {
      if (this.#backoff.failures === 0) {
        log.warn({ err: error }, `committing to the source fails, and is tried again: ${messageOf(error)}`)
      }
      return false
    }
    if (this.#backoff.failures > 0) log.info('committing to the source works again')
    this.#backoff.worked()
    if (this.#due === commit) this.#due = undefined
    link.send('committed', {})
    return true
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(ms, resolve)
      this.#cutWaitShort = () => {
        cancel()
        resolve()
      }
    })
    this.#cutWaitShort = undefined
  }
}

function spansOf(pairs: readonly number[]): Span[] {
  const spans: Span[] = []
  for (let i = 0; i < pairs.length; i += 2) spans.push({ from: pairs[i]!, to: pairs[i + 1]! })
  return spans
}
