import type { Config } from '../config/config.js'
import { MillraceError, messageOf } from '../errors.js'
import { systemClock } from '../model/clock.js'
import { sumOf } from '../model/counters.js'
import type { Role } from '../model/role.js'
import type { Summary } from '../model/status.js'
import { assemble, type Parts } from './assembly.js'
import type { Checkpoints } from './checkpoints.js'
import type { Crew } from './crew.js'
import type { LifeCycle } from './life-cycle.js'
import type { Start } from './options.js'
import { type Ending, exitCodeOf, outcomeOf, summaryOf } from './outcome.js'
import type { Router } from './router/router.js'
import { resumptionText } from './state/run-state.js'
import { writeSummary } from './state/state-dir.js'
import type { Telemetry } from './telemetry.js'
import { boundOf } from './topology.js'

export interface PipelineResult {
  readonly exitCode: number
  readonly summary: Summary
}

/** Milliseconds that a run which is stopped at once has to note what is done. */
const LAST_NOTE_MS = 1000

/**
 * The course that a run takes, from its first process to its account: when records flow, and how it
 * comes to its end.
 *
 * ```
 *   muster ─all ready→ running ─drain, the source's end, a failure→ ending ─all settled→ closing ─→ over
 *                         └───────────── at once ─────────────────────────────↗
 * ```
 */
export class Course {
  readonly parts: Parts
  /** Resolves when every process is gone and the account is closed. */
  readonly finished: Promise<PipelineResult>
  readonly #config: Config
  readonly #options: Start
  #runningSince: number | undefined
  #cancelDeadline: (() => void) | undefined
  /** Whether the last checkpoint is being taken: of all there is, or of what can be had in the short time that is left. */
  #lastNote: 'not' | 'whole' | 'hasty' = 'not'
  #resolveFinished!: (result: PipelineResult) => void
  #rejectFinished!: (error: unknown) => void

  constructor(config: Config, options: Start) {
    this.#config = config
    this.#options = options
    this.finished = new Promise((resolve, reject) => {
      this.#resolveFinished = resolve
      this.#rejectFinished = reject
    })
    this.parts = assemble(config, options, {
      complete: () => this.#run(),
      moved: () => this.#moved(),
      sinkClosed: () => this.#close({ kind: 'sinkClosed' }, 'now'),
      tooManyGivenUp: () => this.#pauseForGivenUp(),
      failed: (error, lost) => this.fail(error, lost),
    })
  }

  get #life(): LifeCycle {
    return this.parts.life
  }

  get #crew(): Crew {
    return this.parts.crew
  }

  get #router(): Router {
    return this.parts.router
  }

  get #checkpoints(): Checkpoints {
    return this.parts.checkpoints
  }

  get #telemetry(): Telemetry {
    return this.#options.telemetry
  }

  /**
   * Opens the queues and forks everybody. Nothing is read and no handler called before every process
   * is ready: a pipeline that cannot boot does nothing.
   *
   * @param opened what is to be done between the two
   */
  async begin(opened: () => Promise<void>): Promise<void> {
    const { crew, machines } = this.parts
    try {
      await this.parts.open()
      await opened()
    } catch (error) {
      crew.dismiss()
      await machines.close('failed', true)
      throw error
    }
    this.#router.pause(true)
    crew.muster()
  }

  /** Reads no more, works off what was read, and ends. */
  drain(why: string): void {
    this.#telemetry.log.info({ why }, `draining: ${why}`)
    this.#end({ kind: 'drained' })
  }

  /**
   * Ends at once; what is in flight goes back to the source. What is done by now is noted first, if
   * that can be had quickly, or the next start would do it again. Asked again, it does not wait for that.
   */
  stopNow(): void {
    const close = () => this.#close({ kind: 'stopped' }, 'now')
    if (this.#lastNote === 'hasty' || !this.#flows || this.#runningSince === undefined) {
      close()
      return
    }
    this.#lastNote = 'hasty'
    this.#letFlow()
    this.#cancelDeadline?.()
    this.#cancelDeadline = systemClock.after(LAST_NOTE_MS, close)
    // First what is certain: a letter may take its time.
    void this.#checkpoints
      .current()
      .then(() => this.#noteAll())
      .then(close)
  }

  /**
   * Ends with an error, after draining what can still be drained.
   *
   * @param lost the role that nobody fills any more because of it
   */
  fail(error: MillraceError, lost?: Role): void {
    const { phase } = this.#life
    if (phase === 'over') return
    this.#telemetry.emit({ type: 'pipelineFailed', code: error.code, error: error.message })
    if (lost === 'writer') this.#router.intake.cut()
    const ending: Ending = { kind: 'failed', error }
    // A record that can be neither settled nor given up would hold up a drain until its deadline.
    const stuck = lost === 'sender' || error.code === 'deadletter_unwritable'
    if (stuck || !this.#flows) {
      this.#close(ending, 'now')
      return
    }
    this.#end(ending)
    // Nobody works any more; what is done by now is noted, or the next start would do it again.
    if (!this.#crew.hasWorkers) void this.#noteAll().then(() => this.#close(ending, 'now'))
  }

  pause(): void {
    this.requireUnended('cannot be paused any more')
    this.#life.pause('asked to pause')
    this.#letFlow()
  }

  resume(): void {
    if (!this.#life.paused) return
    this.#life.resume()
    if (this.#life.phase === 'running') this.#letFlow()
  }

  /** Throws `not_running` once the end has begun. @param what cannot be done then, to go on from the state */
  requireUnended(what: string): void {
    const { phase, state } = this.#life
    if (phase === 'starting' || phase === 'running') return
    throw new MillraceError('not_running', `\`${this.#config.name}\` is ${state} and ${what}`)
  }

  #pauseForGivenUp(): void {
    const share = `${Math.round(this.#config.deadLetter.pauseAbove * 100)} %`
    this.#life.pause(
      `more than ${share} of the last 1,000 records were given up; find out why (\`millrace dead list\`), mend it, then \`millrace resume\`; or \`millrace stop --now\`, which gives what is in flight back to the source, where \`millrace stop\` works it off and may give up all of it`,
    )
    this.#letFlow()
  }

  #run(): void {
    const { workers, transport, file, sender } = this.#config
    this.#telemetry.emit({
      type: 'pipelineStarted',
      pid: process.pid,
      workers,
      transport: transport.kind,
      resumesFrom: resumptionText(this.#options.state.resumed, this.#crew.sourceKind),
      config: file ?? null,
      delivers: sender !== undefined,
      bound: boundOf(this.#config),
    })
    const { mayBeLost } = this.#options.state
    if (mayBeLost) this.#telemetry.emit({ type: 'liveRecordsLost', ...mayBeLost })
    this.#life.enter('running')
    this.#runningSince = systemClock.now()
    this.parts.progress.begin()
    this.parts.insight.begin()
    this.#checkpoints.start()
    this.parts.hangWatch.start()
    this.parts.recycling.start()
    this.#letFlow()
  }

  /** Also for a drain that comes before all are ready: a live writer needs credit to hand over what it has. */
  #letFlow(): void {
    this.#router.pause(this.#life.paused || this.#lastNote === 'hasty')
  }

  /** Begins the end: no more is read, everything read is worked off, within the deadline. */
  #end(ending: Ending): void {
    const { phase } = this.#life
    if (phase === 'closing' || phase === 'over') return
    this.#life.because(ending)
    if (phase === 'ending') return
    this.#life.enter('ending')
    this.#router.replays.stop()
    this.#crew.stopReading()
    this.#cancelDeadline = systemClock.after(this.#config.shutdown.timeout, () => this.stopNow())
    this.#letFlow()
  }

  /** Records may be on their way, and no process was told to end. */
  get #flows(): boolean {
    const { phase } = this.#life
    return phase === 'running' || phase === 'ending'
  }

  #moved(): void {
    if (this.#flows && this.#router.finished) void this.#conclude()
  }

  /** Everything is settled: has that noted, and ends. */
  async #conclude(): Promise<void> {
    if (this.#lastNote !== 'not') return
    this.#lastNote = 'whole'
    await this.#checkpoints.current()
    if (this.#flows) this.#close({ kind: 'sourceEnded' }, 'orderly')
  }

  /** Has everything noted that is done, the last record that was given up included. */
  async #noteAll(): Promise<void> {
    await this.#router.lettersKept()
    await this.#checkpoints.current()
  }

  /** Ends every process: lets it tear down, or kills it; again `now`, if it takes too long or somebody insists. */
  #close(ending: Ending, how: 'orderly' | 'now'): void {
    const { phase } = this.#life
    if (phase === 'over') return
    this.#life.because(ending)
    if (how === 'now') this.#crew.supervisor.killAll({ reason: 'the pipeline ended at once' })
    if (phase === 'closing') return
    this.#life.enter('closing')
    this.#cancelDeadline?.()
    if (how === 'orderly') this.#crew.supervisor.stopAll()
    this.#finish()
      .finally(() => this.#telemetry.history.end())
      .then(this.#resolveFinished, this.#rejectFinished)
  }

  async #finish(): Promise<PipelineResult> {
    const { progress, insight, hangWatch, recycling, machines } = this.parts
    await this.#crew.end()
    progress.end()
    insight.end()
    hangWatch.stop()
    recycling.stop()
    await this.#checkpoints
      .conclude(this.#router.delivery?.sinkState === undefined)
      .catch((error) => this.#telemetry.log.warn({ err: error }, `the last checkpoint: ${messageOf(error)}`))
    await this.#router
      .close()
      .catch((error) => this.#telemetry.log.warn({ err: error }, `closing: ${messageOf(error)}`))
    this.#life.enter('over')
    const ending = this.#life.ending ?? { kind: 'sourceEnded' }
    await machines.close(outcomeOf(ending), ending.kind === 'failed')
    const summary = this.#summaryOf(ending)
    this.#telemetry.emit({ type: 'finished', summary })
    if (this.#config.keepsState) await writeSummary(this.#config.stateDir, summary)
    await this.#options.http?.close()
    await this.#options.state.close()
    return { exitCode: exitCodeOf(ending, summary.returned), summary }
  }

  #summaryOf(ending: Ending): Summary {
    const { sourceKind, supervisor } = this.#crew
    const times = { running: this.#runningSince, lastSettled: this.#router.lastSettled }
    const run = { ...times, restarts: supervisor.restarts, sourceKind }
    const counters = this.#router.account.close()
    const total = sumOf(this.#options.state.before, counters)
    return summaryOf(this.#config.name, ending, { counters, total }, run)
  }
}
