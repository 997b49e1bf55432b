import type { Config } from '../config/config.js'
import type { DeadLetterFile } from '../dead-letters/dead-letter-file.js'
import { DeadLetterDesk } from '../dead-letters/desk.js'
import { DeadLettersElsewhere } from '../dead-letters/elsewhere.js'
import { MillraceError, messageOf } from '../errors.js'
import type { HttpServer } from '../http/server.js'
import { systemClock } from '../model/clock.js'
import { settledOf, sumOf } from '../model/counters.js'
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
import type { EventListener, PipelineEvent } from '../telemetry/events.js'
import { healthOf, readinessOf } from '../telemetry/health.js'
import { expose } from '../telemetry/metrics/exposition.js'
import { RestartCounts } from '../telemetry/metrics/restart-counts.js'
import { asMillraceError } from './cause.js'
import { Changes } from './changes.js'
import { Checkpoints } from './checkpoints.js'
import { Crew } from './crew.js'
import { HangWatch } from './hang-watch.js'
import { reportInFlight } from './insight/in-flight.js'
import { Insight } from './insight/insight.js'
import { Inspection } from './inspection.js'
import { LifeCycle } from './life-cycle.js'
import { type Ending, exitCodeOf, summaryOf } from './outcome.js'
import { Progress } from './progress.js'
import { takePulse } from './pulse.js'
import { signsOf, takeReadings } from './readings.js'
import { memoryLimit, Recycling } from './recycling.js'
import { Router } from './router/router.js'
import { openRunState, type RunState, resumptionText } from './state/run-state.js'
import { writeSummary } from './state/state-dir.js'
import { reportStatus, type StatusParts } from './status.js'
import { startTelemetry, type Telemetry } from './telemetry.js'
import { boundOf } from './topology.js'
import { queueOpener } from './transport.js'

export interface PipelineOptions {
  /** millrace's own version, for status reports. */
  readonly version: string
  /** Hears every event besides the log. */
  readonly onEvent?: EventListener
  /** Begin at the start of the source, whatever the checkpoint says. Default: false. */
  readonly fresh?: boolean
  /** End, as at the end of the source, after this run has read so many records. Default: all. */
  readonly limit?: number
}

export interface PipelineResult {
  readonly exitCode: number
  readonly summary: Summary
}

/** Milliseconds that a run which is stopped at once has to note what is done. */
const LAST_NOTE_MS = 1000

/** Starts a pipeline in this process: opens its queues, forks its children and lets records flow. */
export async function startPipeline(config: Config, options: PipelineOptions): Promise<Pipeline> {
  const restarts = new RestartCounts()
  const telemetry = await startTelemetry(config, (event) => {
    restarts.hear(event)
    options.onEvent?.(event)
  })
  telemetry.emit({ type: 'primaryStarted', pid: process.pid, version: options.version })
  let pipeline: Pipeline | undefined
  const state = await openRunState(config, options.fresh ?? false, {
    ...telemetry,
    lost: (error) => pipeline?.fail(error),
  })
  if (config.keepsState) telemetry.keepEventsIn(config.stateDir)
  let http: HttpServer | undefined
  try {
    http = await openHttp(config, () => pipeline)
    if (http) telemetry.emit({ type: 'httpOpened', url: http.url })
    pipeline = await Pipeline.start(config, { ...options, telemetry, state, restarts, http })
    return pipeline
  } catch (error) {
    await http?.close()
    await state.close()
    throw error
  }
}

/** Before anything is forked: a port that is in use is to be told of while nothing runs. */
async function openHttp(
  { http }: Config,
  pipeline: () => Pipeline | undefined,
): Promise<HttpServer | undefined> {
  if (!http) return undefined
  const { serveHttp } = await import('../http/server.js')
  return serveHttp(http, pipeline)
}

/** What a pipeline is started with, beside its configuration. */
interface Start extends PipelineOptions {
  readonly telemetry: Telemetry
  readonly state: RunState
  /** Heard every event from the first. */
  readonly restarts: RestartCounts
  /** Closed at the end of the pipeline. */
  readonly http: HttpServer | undefined
}

/** A running pipeline: joins supervisor and router, and leads both from start to account. */
export class Pipeline implements Controllable {
  readonly name: string
  readonly stateDir: string
  /** Resolves when every process is gone and the account is closed. */
  readonly finished: Promise<PipelineResult>
  readonly #config: Config
  readonly #options: Start
  readonly #telemetry: Telemetry
  readonly #checkpoints: Checkpoints
  readonly #hangWatch: HangWatch
  readonly #crew: Crew
  readonly #changes: Changes
  readonly #inspection: Inspection
  readonly #life: LifeCycle
  readonly #progress: Progress
  readonly #recycling: Recycling
  readonly #insight: Insight
  readonly #startedAt = Date.now()
  /** Opened before anything is forked; lives as long as the pipeline. */
  #router!: Router
  #runningSince: number | undefined
  #cancelDeadline: (() => void) | undefined
  /** Whether the last checkpoint is being taken: of all there is, or of what can be had in the short time that is left. */
  #lastNote: 'not' | 'whole' | 'hasty' = 'not'
  #resolveFinished!: (result: PipelineResult) => void
  #rejectFinished!: (error: unknown) => void

  static async start(config: Config, options: Start): Promise<Pipeline> {
    const pipeline = new Pipeline(config, options)
    try {
      await pipeline.#openRouter()
      if (config.keepsState) await pipeline.#replayRequested()
    } catch (error) {
      pipeline.#crew.dismiss()
      throw error
    }
    // Nothing is read and no handler called before every process is ready: a pipeline that cannot boot does nothing.
    pipeline.#router.pause(true)
    pipeline.#crew.muster()
    return pipeline
  }

  private constructor(config: Config, options: Start) {
    const { telemetry } = options
    const { emit } = telemetry
    this.#config = config
    this.#options = options
    this.#telemetry = telemetry
    this.name = config.name
    this.stateDir = config.stateDir
    const router = () => this.#router
    this.#life = new LifeCycle((state, reason) => emit({ type: 'stateChanged', state, reason }))
    this.#progress = new Progress(systemClock, router, emit)
    this.#insight = new Insight({
      clock: systemClock,
      router,
      supervisor: () => this.#crew.supervisor,
      life: this.#life,
      resumes: options.state.from.place > 0,
    })
    this.#checkpoints = this.#makeCheckpoints()
    this.#hangWatch = new HangWatch({
      clock: systemClock,
      timeout: config.timeout,
      dispatch: () => this.#router.dispatch,
      workerOf: (key) => [...this.#crew.supervisor.children()].find((child) => child.key === key),
      emit,
    })
    this.finished = new Promise((resolve, reject) => {
      this.#resolveFinished = resolve
      this.#rejectFinished = reject
    })
    this.#crew = new Crew({
      config,
      telemetry,
      life: this.#life,
      checkpoints: this.#checkpoints,
      redelivers: options.state.redelivers,
      router,
      complete: () => this.#run(),
      workerGone: (key) => this.#recycling.gone(key),
      sinkClosed: () => this.#close({ kind: 'sinkClosed' }, 'now'),
      failed: (error, lost) => this.fail(error, lost),
    })
    this.#changes = new Changes({
      name: config.name,
      crew: this.#crew,
      life: this.#life,
      clock: systemClock,
      emit,
      router,
    })
    this.#recycling = new Recycling({
      limits: config.recycle,
      clock: systemClock,
      memory: memoryLimit(),
      emit,
      workers: () => this.#crew.readyWorkers,
      sample: () => this.#insight.figures.sample(),
      recycle: (worker, why) => this.#changes.recycle(worker, why),
      kill: (worker, how) => {
        this.#router.dispatch.condemn(worker.key, `its worker was killed: ${how}`)
        worker.kill({ reason: how, outOfMemory: true })
      },
    })
    this.#inspection = new Inspection({ supervisor: this.#crew.supervisor, clock: systemClock, router })
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
    return this.#changes.restart(target)
  }

  scale(workers: number): Promise<ScaleReport> {
    return this.#changes.scale(workers)
  }

  setLogLevel(level: LogLevel): void {
    this.#telemetry.setLevel(level)
    this.#crew.adopt({ logLevel: level })
  }

  stack(target: string): Promise<StackReport> {
    return this.#inspection.stack(target)
  }

  profile(request: ProfileRequest): Promise<Buffer> {
    return this.#inspection.profile(request)
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

  async status(): Promise<StatusReport> {
    return reportStatus(this.#parts)
  }

  health(): Health {
    return healthOf(signsOf(this.#parts))
  }

  readiness(): Health {
    return readinessOf(signsOf(this.#parts))
  }

  async metrics(format: ExpositionFormat): Promise<Exposition> {
    const { restarts } = this.#options
    return expose(await takeReadings({ ...this.#parts, restarts }), format)
  }

  /** What is looked at to say how it is. */
  get #parts(): StatusParts {
    return {
      config: this.#config,
      version: this.#options.version,
      router: this.#router,
      supervisor: this.#crew.supervisor,
      progress: this.#progress,
      insight: this.#insight,
      life: this.#life,
      startedAt: this.#startedAt,
      sourceKind: this.#crew.sourceKind,
      checkpoints: this.#checkpoints,
      before: this.#options.state.before,
    }
  }

  /** How it is now; cheap enough to be asked every second. */
  get pulse(): Pulse {
    return takePulse({ router: this.#router, supervisor: this.#crew.supervisor, life: this.#life })
  }

  /** Tells the log, and every other listener, of something that whoever drives this pipeline has found or done. */
  note(event: PipelineEvent): void {
    this.#telemetry.emit(event)
  }

  inFlight(limit: number): InFlightReport {
    const children = this.#crew.supervisor.children()
    const { name } = this
    return reportInFlight({ name, router: this.#router, children, now: systemClock.now() }, limit)
  }

  #makeCheckpoints(): Checkpoints {
    const { state } = this.#options
    return new Checkpoints({
      from: state.from,
      sinkState: state.sinkState,
      delivers: this.#config.sender !== undefined,
      every: this.#config.keepsState ? this.#config.checkpoint.every : undefined,
      clock: systemClock,
      note: () => ({
        total: sumOf(state.before, settledOf(this.#router.settledCounters)),
        finished: this.#router.intake.exhausted && this.#router.finished,
        replayed: this.#router.replays.done,
      }),
      sync: () => this.#router.delivery?.sync() ?? false,
      write: async (draft) => {
        await this.#router.letters.settled()
        // Before the writer has said it, the source is what it was: it can be read again if it could before.
        const kind = this.#crew.sourceKind ?? state.resumed?.source.kind ?? 'live'
        await state.write(draft, kind, this.#router.account.inFlight)
        await this.#router.replays.forget(draft.note.replayed)
      },
      tellSource: (reached) => this.#router.intake.commit(reached),
      blocked: (reason) => this.#life.block('checkpoint', reason),
    })
  }

  async #openRouter(): Promise<void> {
    this.#router = await Router.open({
      config: this.#config,
      clock: systemClock,
      openQueue: await queueOpener(this.#config, this.#telemetry),
      checkpoints: this.#checkpoints,
      limit: this.#options.limit,
      emit: this.#telemetry.emit,
      progressed: (child, activity) => {
        this.#crew.supervisor.progressed(child.place.id)
        if (!activity) return
        this.#progress.did(child.place.id, activity)
        this.#recycling.did(child.key, activity.handled)
        this.#insight.did(child, activity)
      },
      pardon: ({ suspectedFor, named }) => {
        if (suspectedFor) this.#crew.supervisor.refund(suspectedFor.process, suspectedFor.at)
        this.#crew.supervisor.charge(named.at(-1)!.process)
        // Or else a handler that always crashes waits ever longer, and never spends its budget within the period.
        for (const { process } of named) this.#crew.supervisor.progressed(process)
      },
      tooManyGivenUp: () => this.#pauseForGivenUp(),
      blocked: (which, reason) => this.#life.block(which, reason),
      failed: (error) => this.fail(asMillraceError(error)),
      moved: () => this.#moved(),
    })
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
    this.#progress.begin()
    this.#insight.begin()
    this.#checkpoints.start()
    this.#hangWatch.start()
    this.#recycling.start()
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
    this.#insight.moved()
    this.#crew.moved()
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
    this.#progress.end()
    this.#insight.end()
    this.#hangWatch.stop()
    this.#recycling.stop()
    await this.#checkpoints
      .conclude(this.#router.delivery?.sinkState === undefined)
      .catch((error) => this.#telemetry.log.warn({ err: error }, `the last checkpoint: ${messageOf(error)}`))
    await this.#router
      .close()
      .catch((error) => this.#telemetry.log.warn({ err: error }, `closing: ${messageOf(error)}`))
    this.#life.enter('over')
    const ending = this.#life.ending ?? { kind: 'sourceEnded' }
    const { restarts } = this.#crew.supervisor
    const run = { running: this.#runningSince, lastSettled: this.#router.lastSettled, restarts }
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
