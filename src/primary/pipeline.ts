import type { Config } from '../config/config.js'
import type { DeadLetterFile } from '../dead-letters/dead-letter-file.js'
import { DeadLetterDesk } from '../dead-letters/desk.js'
import { DeadLettersElsewhere } from '../dead-letters/elsewhere.js'
import { MillraceError, messageOf } from '../errors.js'
import { systemClock } from '../model/clock.js'
import { sumOf } from '../model/counters.js'
import type { DeadLetters } from '../model/dead-letter.js'
import type { EventEntry, EventRequest, ProfileRequest, StackReport } from '../model/inspection.js'
import type { LogLevel } from '../model/logger.js'
import type { Pulse } from '../model/pulse.js'
import type { Role } from '../model/role.js'
import type {
  Controllable,
  Exposition,
  ExpositionFormat,
  Health,
  InFlightReport,
  RestartReport,
  RollReport,
  ScaleReport,
  StatusReport,
  Summary,
} from '../model/status.js'
import type { PipelineEvent } from '../telemetry/events.js'
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
import { View } from './view.js'

export interface PipelineResult {
  readonly exitCode: number
  readonly summary: Summary
}

/** Milliseconds that a run which is stopped at once has to note what is done. */
const LAST_NOTE_MS = 1000

/** A running pipeline: joins supervisor and router, and leads both from start to account. */
export class Pipeline implements Controllable {
  readonly name: string
  readonly stateDir: string
  /** Resolves when every process is gone and the account is closed. */
  readonly finished: Promise<PipelineResult>
  readonly #config: Config
  readonly #options: Start
  readonly #parts: Parts
  readonly #view: View
  #runningSince: number | undefined
  #cancelDeadline: (() => void) | undefined
  /** Whether the last checkpoint is being taken: of all there is, or of what can be had in the short time that is left. */
  #lastNote: 'not' | 'whole' | 'hasty' = 'not'
  #resolveFinished!: (result: PipelineResult) => void
  #rejectFinished!: (error: unknown) => void

  static async start(config: Config, options: Start): Promise<Pipeline> {
    const pipeline = new Pipeline(config, options)
    const { crew, machines } = pipeline.#parts
    try {
      await pipeline.#parts.open()
      if (config.keepsState) await pipeline.#replayRequested()
    } catch (error) {
      crew.dismiss()
      await machines.close('failed', true)
      throw error
    }
    // Nothing is read and no handler called before every process is ready: a pipeline that cannot boot does nothing.
    pipeline.#router.pause(true)
    crew.muster()
    return pipeline
  }

  private constructor(config: Config, options: Start) {
    this.#config = config
    this.#options = options
    this.name = config.name
    this.stateDir = config.stateDir
    this.finished = new Promise((resolve, reject) => {
      this.#resolveFinished = resolve
      this.#rejectFinished = reject
    })
    this.#parts = assemble(config, options, {
      complete: () => this.#run(),
      moved: () => this.#moved(),
      sinkClosed: () => this.#close({ kind: 'sinkClosed' }, 'now'),
      tooManyGivenUp: () => this.#pauseForGivenUp(),
      failed: (error, lost) => this.fail(error, lost),
    })
    this.#view = new View(config, options, this.#parts)
  }

  get #life(): LifeCycle {
    return this.#parts.life
  }

  get #crew(): Crew {
    return this.#parts.crew
  }

  get #router(): Router {
    return this.#parts.router
  }

  get #checkpoints(): Checkpoints {
    return this.#parts.checkpoints
  }

  get #telemetry(): Telemetry {
    return this.#options.telemetry
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

  /** Has everything noted that is done, the last record that was given up included. */
  async #noteAll(): Promise<void> {
    await this.#router.lettersKept()
    await this.#checkpoints.current()
  }

  restart(target: string): Promise<RestartReport | RollReport> {
    return this.#parts.changes.restart(target)
  }

  scale(workers: number): Promise<ScaleReport> {
    return this.#parts.changes.scale(workers)
  }

  setLogLevel(level: LogLevel): void {
    this.#telemetry.setLevel(level)
    this.#crew.adopt({ logLevel: level })
  }

  stack(target: string): Promise<StackReport> {
    return this.#parts.inspection.stack(target)
  }

  profile(request: ProfileRequest): Promise<Buffer> {
    return this.#parts.inspection.profile(request)
  }

  events(request: EventRequest): AsyncIterable<EventEntry> {
    return this.#telemetry.history.read(request)
  }

  pause(): void {
    const { phase, state } = this.#life
    if (phase !== 'starting' && phase !== 'running') {
      throw new MillraceError('not_running', `\`${this.name}\` is ${state} and cannot be paused any more`)
    }
    this.#life.pause('asked to pause')
    this.#letFlow()
  }

  resume(): void {
    if (!this.#life.paused) return
    this.#life.resume()
    if (this.#life.phase === 'running') this.#letFlow()
  }

  setRate(perSecond: number | null): void {
    this.#router.setRate(perSecond ?? undefined)
  }

  #pauseForGivenUp(): void {
    const share = `${Math.round(this.#config.deadLetter.pauseAbove * 100)} %`
    this.#life.pause(
      `more than ${share} of the last 1,000 records were given up; find out why (\`millrace dead list\`), then \`millrace resume\`, or stop`,
    )
    this.#letFlow()
  }

  get dead(): DeadLetters {
    const { letters, letterFile } = this.#router
    return letterFile ? this.#deskOf(letterFile) : new DeadLettersElsewhere(letters.place)
  }

  #deskOf(file: DeadLetterFile): DeadLetterDesk {
    return new DeadLetterDesk(file, (letters) => {
      const { phase, state } = this.#life
      if (phase !== 'starting' && phase !== 'running') {
        throw new MillraceError('not_running', `\`${this.name}\` is ${state} and takes nothing in any more`)
      }
      this.#router.replays.feed(letters)
    })
  }

  /** Takes up what was asked for while no pipeline ran. */
  async #replayRequested(): Promise<void> {
    const { letterFile } = this.#router
    if (letterFile) await this.#deskOf(letterFile).replayRequested(this.stateDir)
  }

  status(): Promise<StatusReport> {
    return this.#view.status()
  }

  health(): Health {
    return this.#view.health()
  }

  readiness(): Health {
    return this.#view.readiness()
  }

  metrics(format: ExpositionFormat): Promise<Exposition> {
    return this.#view.metrics(format)
  }

  inFlight(limit: number): InFlightReport {
    return this.#view.inFlight(limit)
  }

  /** How it is now; cheap enough to be asked every second. */
  get pulse(): Pulse {
    return this.#view.pulse
  }

  /** Tells the log, and every other listener, of something that whoever drives this pipeline has found or done. */
  note(event: PipelineEvent): void {
    this.#telemetry.emit(event)
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
    this.#parts.progress.begin()
    this.#parts.insight.begin()
    this.#checkpoints.start()
    this.#parts.hangWatch.start()
    this.#parts.recycling.start()
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
    await this.#crew.end()
    this.#parts.progress.end()
    this.#parts.insight.end()
    this.#parts.hangWatch.stop()
    this.#parts.recycling.stop()
    await this.#checkpoints
      .conclude(this.#router.delivery?.sinkState === undefined)
      .catch((error) => this.#telemetry.log.warn({ err: error }, `the last checkpoint: ${messageOf(error)}`))
    await this.#router
      .close()
      .catch((error) => this.#telemetry.log.warn({ err: error }, `closing: ${messageOf(error)}`))
    this.#life.enter('over')
    const ending = this.#life.ending ?? { kind: 'sourceEnded' }
    await this.#parts.machines.close(outcomeOf(ending), ending.kind === 'failed')
    const { sourceKind, supervisor } = this.#crew
    const times = { running: this.#runningSince, lastSettled: this.#router.lastSettled }
    const run = { ...times, restarts: supervisor.restarts, sourceKind }
    const counters = this.#router.account.close()
    const total = sumOf(this.#options.state.before, counters)
    const summary = summaryOf(this.name, ending, { counters, total }, run)
    this.#telemetry.emit({ type: 'finished', summary })
    if (this.#config.keepsState) await writeSummary(this.stateDir, summary)
    await this.#options.http?.close()
    await this.#options.state.close()
    return { exitCode: exitCodeOf(ending, summary.returned), summary }
  }
}
