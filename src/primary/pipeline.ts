import type { Config } from '../config/config.js'
import { isErrorCode, MillraceError, messageOf } from '../errors.js'
import type { FromChild } from '../link/control.js'
import { systemClock } from '../model/clock.js'
import type { SourceKind } from '../model/source.js'
import type { Controllable, PipelineState, RestartReport, StatusReport, Summary } from '../model/status.js'
import type { EventListener } from '../telemetry/events.js'
import { exitText } from '../telemetry/log.js'
import type { ChildProcess, Death } from './child-process.js'
import { Flow } from './flow.js'
import { forkChild } from './fork.js'
import { type Ending, exitCodeOf, summaryOf, writeSummary } from './outcome.js'
import { Progress } from './progress.js'
import { Reaper } from './reaper.js'
import { reportStatus } from './status.js'
import { Supervisor } from './supervisor.js'
import { startTelemetry, type Telemetry } from './telemetry.js'
import { boundOf, placesOf, specFor, stdioFor } from './topology.js'
import { queueOpener } from './transport.js'

export interface PipelineOptions {
  /** millrace's own version, for status reports. */
  readonly version: string
  /** Hears every event besides the log. */
  readonly onEvent?: EventListener
}

export interface PipelineResult {
  readonly exitCode: number
  readonly summary: Summary
}

/**
 * Where a pipeline is in its life. `ending` has the reason why no more is read; `closing` means
 * that everything is settled and the processes are tearing down.
 */
type Phase =
  | { readonly is: 'starting' }
  | { readonly is: 'running' }
  | { readonly is: 'ending' | 'closing' | 'over'; readonly ending: Ending }

/** Starts a pipeline in this process: forks its children and lets records flow. */
export async function startPipeline(config: Config, options: PipelineOptions): Promise<Pipeline> {
  const telemetry = await startTelemetry(config, options.onEvent)
  return Pipeline.start(config, options.version, telemetry)
}

/**
 * A running pipeline: joins supervisor and flow, and leads both from start to account.
 *
 * ```
 *   starting → running → ending → closing → over
 *                 └ source ended, drain, failure, or stop
 * ```
 */
export class Pipeline implements Controllable {
  readonly name: string
  readonly stateDir: string
  /** Resolves when every process is gone and the account is closed. Never rejects. */
  readonly finished: Promise<PipelineResult>
  readonly #config: Config
  readonly #version: string
  readonly #telemetry: Telemetry
  readonly #reaper = new Reaper()
  readonly #supervisor: Supervisor
  readonly #progress: Progress
  readonly #startedAt = Date.now()
  #flow!: Flow
  #phase: Phase = { is: 'starting' }
  #stateSince = new Date()
  #shownState: PipelineState = 'starting'
  /** What keeps the pipeline from moving, by where it is. */
  readonly #blocked = new Map<string, string>()
  readonly #emptyHands = new Map<string, () => void>()
  #sourceKind: SourceKind | undefined
  #runningSince: number | undefined
  #cancelDeadline: (() => void) | undefined
  #resolveFinished!: (result: PipelineResult) => void

  static async start(config: Config, version: string, telemetry: Telemetry): Promise<Pipeline> {
    const pipeline = new Pipeline(config, version, telemetry)
    try {
      pipeline.#flow = await Flow.open({
        config,
        clock: systemClock,
        openQueue: await queueOpener(config, telemetry),
        emit: telemetry.emit,
        progressed: (child, activity) => {
          pipeline.#supervisor.progressed(child)
          if (activity) pipeline.#progress.did(child.place.id, activity)
        },
        blocked: (which, reason) => pipeline.#setBlocked(which, reason),
        failed: (error) => pipeline.fail(asMillraceError(error)),
        moved: () => pipeline.#moved(),
      })
    } catch (error) {
      pipeline.#reaper.close()
      throw error
    }
    // No handler is called before every process is ready: a pipeline that cannot boot does nothing.
    pipeline.#flow.dispatch.pause(true)
    pipeline.#supervisor.fill(placesOf(config))
    return pipeline
  }

  private constructor(config: Config, version: string, telemetry: Telemetry) {
    this.#config = config
    this.#version = version
    this.#telemetry = telemetry
    this.name = config.name
    this.stateDir = config.stateDir
    this.#progress = new Progress(systemClock, () => this.#flow, telemetry.emit)
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve
    })
    this.#supervisor = new Supervisor({
      settings: config.restart,
      clock: systemClock,
      reaper: this.#reaper,
      emit: telemetry.emit,
      fork: (place) => forkChild({ role: place.role, ...stdioFor(place, config) }),
      start: (child) => {
        child.start(this.#specOf(child))
        // Before it is ready: what it then says on its link may overtake that it is.
        this.#flow.attach(child)
      },
      ready: (child, message) => this.#ready(child, message),
      message: (child, message) => this.#guard(() => this.#flow.message(child, message)),
      told: (child, message) => this.#told(child, message),
      line: ({ place, pid }, line, stream) => telemetry.relay.pass({ ...place, pid }, line, stream),
      gone: (child, death) => this.#gone(child, death),
      replaces: (child) => this.#replaces(child),
      cannotStart: (child, death) => this.#cannotStart(child, death),
      spent: ({ id, role }, death) =>
        this.fail(
          new MillraceError(
            'restart_budget_spent',
            `${id} died more than ${config.restart.intensity} times in ${config.restart.period / 1000} s, the last time with ${exitText(death.exit)}${reasonIn(death)}; see the log, or raise \`restart.intensity\``,
          ),
          role,
        ),
    })
  }

  get state(): PipelineState {
    const phase = this.#phase
    if (phase.is === 'starting') return 'starting'
    if (phase.is === 'running') return this.#blocked.size > 0 ? 'blocked' : 'running'
    if (phase.ending.kind === 'failed') return 'failed'
    return phase.is === 'over' || phase.ending.kind === 'sourceEnded' ? 'finished' : 'draining'
  }

  /** Reads no more, works off what was read, and ends. */
  drain(why: string): void {
    this.#telemetry.log.info({ why }, `draining: ${why}`)
    this.#end({ kind: 'drained' })
  }

  stop(): void {
    this.drain('asked to stop')
  }

  /** Ends at once; what is in flight goes back to the source. */
  stopNow(): void {
    if (this.#phase.is === 'over') return
    const ending = 'ending' in this.#phase ? this.#phase.ending : undefined
    void this.#close(ending?.kind === 'failed' ? ending : { kind: 'stopped' }, 'now')
  }

  /** Ends with an error, after draining what can still be drained. */
  fail(error: MillraceError, lost?: 'writer' | 'worker' | 'sender'): void {
    if (this.#phase.is === 'over') return
    this.#telemetry.emit({ type: 'pipelineFailed', code: error.code, error: error.message })
    if (lost === 'writer') this.#flow.intake.end()
    const ending: Ending = { kind: 'failed', error }
    const drainable = this.#phase.is === 'running' && lost !== 'sender' && this.#hasWorkers()
    if (drainable) this.#end(ending)
    else void this.#close(ending, 'now')
  }

  async restart(target: string): Promise<RestartReport> {
    if (!target.startsWith('worker:')) {
      throw new MillraceError(
        'unknown_target',
        `${target} cannot be restarted; name a worker, such as worker:1`,
      )
    }
    return this.#supervisor.replace(target, (old) => this.#drainWorker(old))
  }

  async status(): Promise<StatusReport> {
    return reportStatus({
      config: this.#config,
      version: this.#version,
      flow: this.#flow,
      supervisor: this.#supervisor,
      progress: this.#progress,
      state: this.state,
      since: this.#stateSince,
      reason: this.#reason(),
      startedAt: this.#startedAt,
      sourceKind: this.#sourceKind,
    })
  }

  #specOf({ place }: ChildProcess) {
    const { intake, delivery, inQueue, outQueue } = this.#flow
    const largest = Math.min(inQueue.largestBatch ?? Infinity, outQueue?.largestBatch ?? Infinity)
    const takeover = { resume: intake.resume, sinkState: delivery?.sinkState }
    return specFor(place, this.#config, takeover, largest)
  }

  #ready(child: ChildProcess, { sourceKind }: Extract<FromChild, { type: 'ready' }>): void {
    this.#sourceKind = sourceKind ?? this.#sourceKind
    if (child.place.role === 'writer' && this.#phase.is === 'ending') child.drain()
    if (this.#phase.is !== 'starting') return
    for (const post of this.#supervisor.posts) if (!post.everReady) return
    this.#phase = { is: 'running' }
    this.#flow.dispatch.pause(false)
    this.#runningSince = systemClock.now()
    this.#telemetry.emit({
      type: 'pipelineStarted',
      pid: process.pid,
      workers: this.#config.workers,
      transport: this.#config.transport.kind,
      resumesFrom:
        this.#sourceKind === 'live' ? 'a live source, nothing to resume' : 'from the beginning of the source',
      bound: boundOf(this.#config),
    })
    this.#progress.begin()
    this.#showState()
  }

  #told(child: ChildProcess, message: FromChild): void {
    if (message.type === 'blocked') this.#setBlocked(child.place.id, message.reason)
    else if (message.type === 'sinkClosed') void this.#close({ kind: 'sinkClosed' }, 'now')
  }

  #gone(child: ChildProcess, death: Death): number {
    const returned = this.#flow.detach(child)
    this.#setBlocked(child.place.id, undefined)
    this.#emptyHands.get(child.key)?.()
    const phase = this.#phase
    if (
      phase.is === 'closing' &&
      death.failure &&
      child.place.role === 'sender' &&
      phase.ending.kind !== 'failed'
    ) {
      const error = errorOf(child, death)
      this.#telemetry.emit({ type: 'pipelineFailed', code: error.code, error: error.message })
      this.#phase = { is: 'closing', ending: { kind: 'failed', error } }
    }
    return returned
  }

  /** A writer that has sent everything is not missed; a live one cannot be replaced without loss. */
  #replaces({ place }: ChildProcess): boolean {
    if (place.role !== 'writer') return true
    const { intake } = this.#flow
    if (intake.ended) return false
    if (this.#phase.is === 'ending') {
      // It dies while it drains: what it had not sent was not accepted, and is read by the next run.
      if (this.#sourceKind !== 'live') intake.end()
    }
    if (this.#sourceKind !== 'live') return !intake.ended
    this.#telemetry.emit({ type: 'writerLost', mayBeMissing: this.#config.inQueue })
    if (this.#config.onWriterLoss === 'continue') return true
    this.fail(
      new MillraceError(
        'writer_lost',
        "the writer of a live source died, and what it had read and not handed over is lost; set `onWriterLoss: 'continue'` to go on without it",
      ),
      'writer',
    )
    return false
  }

  #cannotStart(child: ChildProcess, death: Death): void {
    this.fail(errorOf(child, death), child.place.role)
  }

  #hasWorkers(): boolean {
    for (const child of this.#supervisor.children()) {
      if (child.place.role === 'worker' && child.state !== 'exited') return true
    }
    return false
  }

  async #drainWorker(old: ChildProcess): Promise<void> {
    this.#flow.dispatch.drain(old.key)
    const cancel = systemClock.after(this.#config.shutdown.timeout, () => old.kill())
    await new Promise<void>((resolve) => {
      this.#emptyHands.set(old.key, resolve)
      this.#stopEmptyHanded()
    })
    cancel()
  }

  /** Stops the workers that drain and have nothing left; they are done with when they are gone. */
  #stopEmptyHanded(): void {
    for (const { leaving } of this.#supervisor.posts) {
      if (leaving && this.#emptyHands.has(leaving.key) && this.#flow.inHand(leaving) === 0) leaving.stop()
    }
  }

  /** Begins the end: no more is read, everything read is worked off. A deadline applies unless the source ended by itself. */
  #end(ending: Ending): void {
    if (this.#phase.is === 'closing' || this.#phase.is === 'over') return
    if (this.#phase.is === 'ending' && ending.kind !== 'failed') return
    this.#phase = { is: 'ending', ending }
    this.#flow.dispatch.pause(false)
    this.#showState()
    this.#supervisor.current('writer')?.drain()
    this.#cancelDeadline ??= systemClock.after(this.#config.shutdown.timeout, () => this.stopNow())
    this.#flow.pumpSoon()
  }

  #moved(): void {
    if (this.#emptyHands.size > 0) this.#stopEmptyHanded()
    if (this.#phase.is === 'closing' || this.#phase.is === 'over') return
    if (this.#flow.finished) {
      void this.#close(this.#phase.is === 'ending' ? this.#phase.ending : { kind: 'sourceEnded' }, 'orderly')
    }
  }

  async #close(ending: Ending, how: 'orderly' | 'now'): Promise<void> {
    const closing = this.#phase.is === 'closing'
    if (this.#phase.is === 'over' || (closing && how === 'orderly')) return
    this.#phase = { is: 'closing', ending }
    if (how === 'now') this.#supervisor.killAll()
    else this.#supervisor.stopAll()
    if (closing) return
    this.#cancelDeadline?.()
    const cancel = systemClock.after(this.#config.shutdown.timeout, () => this.#supervisor.killAll())
    await this.#supervisor.end()
    cancel()
    await this.#finish()
  }

  async #finish(): Promise<void> {
    const { ending } = this.#phase as Extract<Phase, { is: 'closing' }>
    this.#phase = { is: 'over', ending }
    this.#progress.end()
    await this.#flow.close().catch((error) => this.#telemetry.log.warn({ err: error }, messageOf(error)))
    const restarts = { writer: 0, worker: 0, sender: 0 }
    for (const { place, restarts: times } of this.#supervisor.posts) restarts[place.role] += times
    const run = { running: this.#runningSince, lastSettled: this.#flow.lastSettled, restarts }
    const summary = summaryOf(this.name, ending, this.#flow.account.close(), run)
    if (this.#config.keepsState) await writeSummary(this.stateDir, summary)
    this.#telemetry.emit({ type: 'finished', summary })
    this.#reaper.close()
    this.#resolveFinished({ exitCode: exitCodeOf(ending, summary.returned), summary })
  }

  #setBlocked(where: string, reason: string | undefined): void {
    if (reason === undefined) this.#blocked.delete(where)
    else this.#blocked.set(where, reason)
    this.#showState()
  }

  #reason(): string | null {
    if ('ending' in this.#phase && this.#phase.ending.kind === 'failed')
      return this.#phase.ending.error.message
    return [...this.#blocked.values()].join('; ') || null
  }

  #showState(): void {
    const { state } = this
    if (state === this.#shownState) return
    this.#shownState = state
    this.#stateSince = new Date()
    this.#telemetry.emit({ type: 'stateChanged', state, reason: this.#reason() })
  }

  /** A broken invariant ends the pipeline instead of the process. */
  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.fail(asMillraceError(error))
    }
  }
}

const asMillraceError = (error: unknown): MillraceError =>
  error instanceof MillraceError
    ? error
    : new MillraceError('internal', `internal error: ${messageOf(error)}; please report it`, { cause: error })

/** Why a process could not start or go on, with what it said last. */
function errorOf({ place }: ChildProcess, death: Death): MillraceError {
  const { failure } = death
  if (failure && failure.code !== 'internal' && isErrorCode(failure.code)) {
    return new MillraceError(failure.code, failure.message)
  }
  return new MillraceError(
    'boot_failed',
    `${place.id} could not start: ${exitText(death.exit)}${reasonIn(death)}`,
  )
}

function reasonIn({ failure, lastLines }: Death): string {
  if (failure) return `: ${failure.stack ?? failure.message}`
  return lastLines.length > 0 ? `; its last lines:\n  ${lastLines.join('\n  ')}` : ''
}
