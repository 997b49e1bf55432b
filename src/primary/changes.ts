import { MillraceError, messageOf } from '../errors.js'
import type { Clock } from '../model/clock.js'
import { MOST_WORKERS } from '../model/most-workers.js'
import type { ProcessId } from '../model/role.js'
import type { RestartReport, RollReport, ScaleReport } from '../model/status.js'
import type { EventListener, RestartCause } from '../telemetry/events.js'
import type { Crew } from './crew.js'
import type { LifeCycle } from './life-cycle.js'
import { inFlowOrder, listed, meant } from './roster.js'
import type { Router } from './router/router.js'
import { LETTERS, type Place } from './topology.js'

export interface ChangesParts {
  /** The pipeline's. */
  readonly name: string
  readonly crew: Crew
  readonly life: LifeCycle
  readonly clock: Clock
  readonly emit: EventListener
  router(): Router
}

/**
 * What somebody changes about the processes of a running pipeline: restarts, rolls, another number of
 * workers. One change at a time; the next waits for its turn. Places of other machines come and go
 * without one: nobody else opens or removes these, and whoever is at one of them finds that it is gone.
 */
export class Changes {
  readonly #parts: ChangesParts
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: ChangesParts) {
    this.#parts = parts
  }

  /** Replaces one process, or all workers one after another. */
  async restart(target: string): Promise<RestartReport | RollReport> {
    if (target === 'workers') return this.#inTurn(() => this.#roll())
    this.#expectRestartable(target)
    return this.#inTurn(() => this.#replace(target, 'asked'))
  }

  /** Replaces a worker that has grown old. */
  recycle(worker: ProcessId, why: string): Promise<RestartReport> {
    return this.#inTurn(() => this.#replace(worker, 'recycled', why))
  }

  /** Has workers elsewhere, too: all of them, or none. Resolves when they are ready. */
  admit(places: readonly Place[]): Promise<void> {
    return this.#add(places)
  }

  /** Has them no more: they finish what they have begun. Resolves when they are gone. Also while the pipeline ends. */
  release(ids: readonly ProcessId[]): Promise<number> {
    return this.#remove(ids)
  }

  async scale(workers: number): Promise<ScaleReport> {
    if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
      throw new MillraceError(
        'bad_usage',
        `the number of workers must be a whole number from 1 to ${MOST_WORKERS}, not ${workers}`,
      )
    }
    return this.#inTurn(() => this.#scale(workers))
  }

  #inTurn<Report>(change: () => Promise<Report>): Promise<Report> {
    const next = this.#last.then(() => {
      this.#expectRunning()
      return change()
    })
    this.#last = next.catch(() => {})
    return next
  }

  get #isRunning(): boolean {
    const { phase } = this.#parts.life
    return phase === 'starting' || phase === 'running'
  }

  #expectRunning(): void {
    const { name, life } = this.#parts
    if (this.#isRunning) return
    throw new MillraceError(
      'not_running',
      `\`${name}\` is ${life.state}; no process of it is changed any more`,
    )
  }

  /** What a dead-letter sink has taken is not for a restart to settle: that ends with the pipeline. */
  #expectRestartable(target: string): void {
    const places = inFlowOrder(this.#parts.crew.supervisor.posts).map(({ place }) => place.id)
    const ids = places.filter((id) => id !== LETTERS.id)
    if (ids.includes(target)) return
    throw new MillraceError(
      'unknown_target',
      `\`${target}\` cannot be restarted; there are ${listed(ids)}, and \`workers\` for all of them${meant(target, [...ids, 'workers'])}`,
    )
  }

  async #replace(id: ProcessId, cause: RestartCause, why: string | null = null): Promise<RestartReport> {
    const { crew, emit } = this.#parts
    if (id === 'writer') this.#expectReplaceableWriter()
    const report = await crew.supervisor.planned.replace(id, {
      oneAtATime: id === 'writer' || id === 'sender',
      drain: (old) => crew.drain(old),
    })
    emit({ type: 'processRestarted', cause, why, ...report })
    return report
  }

  #expectReplaceableWriter(): void {
    const { crew, router } = this.#parts
    if (router().intake.ended) {
      throw new MillraceError(
        'not_replaceable',
        'the source has been read to its end; there is no writer to restart',
      )
    }
    if (crew.sourceKind === 'live') {
      throw new MillraceError(
        'not_replaceable',
        'the writer reads a live source, and what it has read and not handed over would be lost with it; stop the pipeline instead',
      )
    }
  }

  /**
   * A new worker that does not become ready ends the roll: whoever is left keeps the old code. One whose
   * machine goes meanwhile has none to keep.
   */
  async #roll(): Promise<RollReport> {
    const { crew, clock, emit } = this.#parts
    const begun = clock.now()
    const restarted: RestartReport[] = []
    const skipped: ProcessId[] = []
    const workers = this.#workers
    for (const id of workers) {
      try {
        this.#expectRunning()
        restarted.push(await this.#replace(id, 'rolled'))
      } catch (thrown) {
        if (this.#isRunning && !crew.supervisor.keeps(id)) {
          skipped.push(id)
          continue
        }
        const error = rollStopped(id, restarted.length, workers.length, thrown)
        emit({
          type: 'rollStopped',
          process: id,
          restarted: restarted.length,
          of: workers.length,
          error: error.message,
        })
        throw error
      }
    }
    return { target: 'workers', restarted, skipped, milliseconds: Math.round(clock.now() - begun) }
  }

  async #scale(to: number): Promise<ScaleReport> {
    const { name, crew, clock, emit } = this.#parts
    const begun = clock.now()
    const own = crew.places.own
    const from = own.length
    if (to === from) return { name, from, to, handedOn: 0, milliseconds: 0 }
    let handedOn = 0
    crew.adopt({ workers: to })
    if (to > from) await this.#addOwn(to - from)
    else handedOn = await this.#remove(own.slice(to).map(({ id }) => id))
    const milliseconds = Math.round(clock.now() - begun)
    emit({ type: 'workersScaled', from, to, handedOn, ms: milliseconds })
    return { name, from, to, handedOn, milliseconds }
  }

  async #addOwn(more: number): Promise<void> {
    const { crew } = this.#parts
    const from = crew.places.own.length
    try {
      await this.#add(crew.places.more(more))
    } catch (error) {
      crew.adopt({ workers: from })
      throw error
    }
  }

  /** All of them, or none. */
  async #add(places: readonly Place[]): Promise<void> {
    const { crew } = this.#parts
    const added = await Promise.allSettled(places.map((place) => crew.supervisor.planned.add(place)))
    const failed = added.find((outcome) => outcome.status === 'rejected')
    if (!failed) return
    await this.#remove(places.filter((_, i) => added[i]!.status === 'fulfilled').map(({ id }) => id))
    throw failed.reason
  }

  /** Those that are gone with their machine are removed already. */
  async #remove(ids: readonly ProcessId[]): Promise<number> {
    const { crew } = this.#parts
    const present = ids.filter((id) => crew.supervisor.has(id))
    const handedOn = await Promise.all(
      present.map((id) => crew.supervisor.planned.remove(id, (last) => crew.drain(last))),
    )
    return handedOn.reduce((sum, records) => sum + records, 0)
  }

  get #workers(): ProcessId[] {
    const places = [...this.#parts.crew.supervisor.posts].map(({ place }) => place)
    return places.filter(({ role }) => role === 'worker').map(({ id }) => id)
  }
}

function rollStopped(id: ProcessId, done: number, all: number, cause: unknown): MillraceError {
  const before =
    done === 0 ? 'no worker was restarted' : `${done} of ${all} workers were restarted, the others stay`
  const code = cause instanceof MillraceError ? cause.code : 'internal'
  return new MillraceError(code, `the roll stopped at ${id}, ${before}: ${messageOf(cause)}`, { cause })
}
