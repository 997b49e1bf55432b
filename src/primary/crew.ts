import type { Config } from '../config/config.js'
import type { MillraceError } from '../errors.js'
import { InvariantError } from '../flow/invariant.js'
import type { ChildSpec, FromChild } from '../link/control.js'
import { systemClock } from '../model/clock.js'
import type { LogLevel } from '../model/logger.js'
import type { ProcessId, Role } from '../model/role.js'
import type { SourceKind } from '../model/source.js'
import { casualtyOf } from './casualty.js'
import { asMillraceError, budgetSpent, causeOf, lettersRefused, sinkNotClosed, writerLost } from './cause.js'
import type { Checkpoints } from './checkpoints.js'
import { Drains } from './drains.js'
import type { Machines } from './elsewhere/machines.js'
import type { LifeCycle } from './life-cycle.js'
import type { ChildProcess, Death } from './processes/child-process.js'
import { forkChild } from './processes/fork.js'
import { KernelKills } from './processes/kernel-kills.js'
import { Reaper } from './processes/reaper.js'
import { type Aftermath, Supervisor } from './processes/supervisor.js'
import type { Loss } from './router/ends.js'
import type { Router } from './router/router.js'
import type { Casualty } from './router/suspects.js'
import type { SharedMemory } from './shared-memory.js'
import { childMark } from './state/orphans.js'
import type { Telemetry } from './telemetry.js'
import { LETTERS, type Place, placesOf, SENDER, specFor, stdioFor } from './topology.js'
import { WorkerPlaces } from './worker-places.js'

export interface CrewParts {
  readonly config: Config
  readonly telemetry: Telemetry
  readonly life: LifeCycle
  readonly checkpoints: Checkpoints
  /** Where payloads may stand, if there is such memory. */
  readonly memory: SharedMemory | undefined
  /** Whether what the sink holds beyond its state is delivered again. */
  readonly redelivers: boolean
  /** Opened before anything is forked. */
  router(): Router
  /** The machines that lend their cores. */
  machines(): Machines
  /** Every place has had a process that was ready. Called once. */
  complete(): void
  ready(child: ChildProcess): void
  gone(key: string): void
  /** A place is no more. */
  removed(id: ProcessId): void
  /** The reader of the sink is gone for good, and does not mind. */
  sinkClosed(): void
  /** @param lost the role that nobody fills any more because of it */
  failed(error: MillraceError, lost?: Role): void
}

/** What can be another than in the configuration while a pipeline runs. */
export interface InForce {
  readonly workers?: number
  readonly logLevel?: LogLevel
}

/**
 * The processes of a pipeline, seen from what flows through them: which of them is told what, what
 * becomes of records when one of them goes, and whether anybody takes its place.
 */
export class Crew {
  readonly supervisor: Supervisor
  readonly places: WorkerPlaces
  readonly #parts: CrewParts
  readonly #reaper: Reaper
  readonly #drains: Drains
  #saidKind: SourceKind | undefined
  #inForce: InForce = {}

  constructor(parts: CrewParts) {
    const { config, telemetry, router } = parts
    const { log } = telemetry
    this.#parts = parts
    this.#reaper = new Reaper((reason) => log.warn(`children are unguarded for now: ${reason}`))
    this.#drains = new Drains(router, systemClock, config.shutdown.timeout)
    this.supervisor = this.#makeSupervisor()
    this.places = new WorkerPlaces(this.supervisor, config.workers)
  }

  /** What the source showed itself to be, or else what its writer said first. */
  get sourceKind(): SourceKind | undefined {
    return this.#parts.router().intake.sourceKind ?? this.#saidKind
  }

  get hasWorkers(): boolean {
    return this.#workers.some(({ state }) => state !== 'exited')
  }

  get readyWorkers(): ChildProcess[] {
    return this.#workers.filter((worker) => worker.state === 'ready' && !this.#drains.has(worker))
  }

  get #workers(): ChildProcess[] {
    return [...this.supervisor.children()].filter(({ place }) => place.role === 'worker')
  }

  /** Forks everybody. */
  muster(): void {
    this.supervisor.fill(placesOf(this.#parts.config))
  }

  /** Takes a process out of the flow. Resolves when it is gone, with the number of records that it handed on unbegun. */
  drain(child: ChildProcess): Promise<number> {
    return this.#drains.drain(child)
  }

  /** What is in force from now on for processes that start, and for those that run as far as they can still change. */
  adopt(changed: InForce): void {
    this.#inForce = { ...this.#inForce, ...changed }
    const { logLevel } = changed
    if (logLevel) for (const child of this.supervisor.children()) child.setLogLevel(logLevel)
  }

  /** Has the writer read no more. */
  stopReading(): void {
    const { intake } = this.#parts.router()
    intake.stop()
    // While one is being replaced there are two, and the one that reads is not the current one.
    const writers = [...this.supervisor.children()].filter(({ place }) => place.role === 'writer')
    for (const writer of writers) writer.drain()
    if (writers.length === 0 && this.supervisor.abandon('writer')) intake.cut()
  }

  /** To be called when records moved. */
  moved(): void {
    this.#drains.moved()
  }

  /** Resolves when everybody is gone; whoever takes longer than `shutdown.timeout` is killed. */
  async end(): Promise<void> {
    const cancel = systemClock.after(this.#parts.config.shutdown.timeout, () =>
      this.supervisor.killAll({ reason: 'it took longer to end than `shutdown.timeout`' }),
    )
    await this.supervisor.end()
    cancel()
    this.dismiss()
  }

  /** Nobody needs to be guarded any more. */
  dismiss(): void {
    this.#reaper.close()
    this.#parts.memory?.close()
  }

  #makeSupervisor(): Supervisor {
    const { config, telemetry, router, machines, failed, memory } = this.#parts
    const { emit, relay } = telemetry
    // By it, the processes of this pipeline are known to the next primary.
    const mark = childMark(config.keepsState ? config.stateDir : undefined)
    return new Supervisor({
      settings: config.restart,
      startTimeout: config.restart.startTimeout,
      clock: systemClock,
      reaper: this.#reaper,
      kernelKills: new KernelKills(),
      emit,
      fork: (place) => {
        if (place.host !== undefined) return machines().fork(place)
        return forkChild({ role: place.role, ...stdioFor(place, config), memory: memory?.file, mark })
      },
      prepare: (child) => child.prepare(this.#specFor(child)),
      start: (child) => {
        child.start(this.#specFor(child))
        // Before it is ready: what it then says on its link may overtake that it is.
        router().attach(child)
        if (child.place.role !== 'sender') memory?.grant(child)
      },
      ready: (child, message) => this.#ready(child, message),
      message: (child, message) => {
        // A broken invariant ends the pipeline instead of the process.
        try {
          router().message(child, message)
        } catch (error) {
          failed(asMillraceError(error))
        }
      },
      stored: (child, address) => {
        if (memory) return memory.accept(child, address)
        throw new InvariantError(`${child.key} filled a slot, and there is no shared memory`)
      },
      told: (child, message) => this.#told(child, message),
      line: ({ place, pid }, line, stream) => relay.pass({ ...place, pid }, line, stream),
      gone: (child, death, at) => this.#gone(child, death, at),
      replaces: (child) => this.#replaces(child),
      cannotStart: (child, death) => this.#givesUp(child.place, causeOf(child, death)),
      removed: this.#parts.removed,
      spent: (place, death) => this.#givesUp(place, budgetSpent(place, death, config.restart)),
    })
  }

  /** Nobody can fill a place any more. Elsewhere, that is the end of what its machine lends. */
  #givesUp(place: Place, error: MillraceError): void {
    if (place.host === undefined) this.#parts.failed(error, place.role)
    else this.#parts.machines().dismiss(place.id, error)
  }

  #specFor({ key, place }: ChildProcess): ChildSpec {
    const { redelivers, memory } = this.#parts
    const { workers: own = this.#parts.config.workers, logLevel = this.#parts.config.log.level } =
      this.#inForce
    const workers = Math.max(own, this.places.all.length)
    const config = { ...this.#parts.config, workers, log: { level: logLevel } }
    const { intake, delivery, inQueue, outQueue } = this.#parts.router()
    const largest = Math.min(inQueue.largestBatch ?? Infinity, outQueue?.largestBatch ?? Infinity)
    const takeover = {
      resume: intake.resume,
      sinkState: delivery?.sinkState,
      redelivers: redelivers || (delivery?.begun ?? true),
    }
    const bookmark = place.role === 'worker' ? memory?.bookmarks.give(key) : undefined
    const carriage = { largestBatch: largest, sharedMemory: memory !== undefined, bookmark }
    return specFor(place, config, takeover, carriage)
  }

  #ready(child: ChildProcess, { sourceKind, commits }: Extract<FromChild, { type: 'ready' }>): void {
    const { checkpoints, life, complete } = this.#parts
    this.#saidKind = sourceKind ?? this.#saidKind
    this.#parts.ready(child)
    if (child.place.role === 'writer') checkpoints.sourceKeeps = commits ?? false
    if (child.place === SENDER) checkpoints.senderReady()
    if (child.place.role === 'writer' && life.phase === 'ending') child.drain()
    if (life.phase !== 'starting') return
    for (const post of this.supervisor.posts) if (!post.everReady) return
    complete()
  }

  #told(child: ChildProcess, message: FromChild): void {
    if (message.type === 'blocked') this.#parts.life.block(child.place.id, message.reason)
    else if (message.type === 'sinkClosed' && child.place === LETTERS) this.#parts.failed(lettersRefused())
    else if (message.type === 'sinkClosed') this.#parts.sinkClosed()
  }

  #gone(child: ChildProcess, death: Death, at: number): Aftermath {
    const { life, telemetry } = this.#parts
    const handedOn = this.#parts.router().dispatch.handedOn(child.key)
    const aftermath = this.#detach(child, this.#casualtyOf(child, death, at))
    if (aftermath.attached) life.block(child.place.id, undefined)
    this.#drains.gone(child, handedOn)
    this.#parts.memory?.lost(child.key)
    this.#parts.gone(child.key)
    const { phase, ending } = life
    const orderly = ending?.kind === 'sourceEnded' || ending?.kind === 'drained'
    // A sink that was not closed may have lost what it had taken.
    if (phase === 'closing' && child.place === SENDER && !death.asked && orderly) {
      const error = sinkNotClosed(death)
      telemetry.emit({ type: 'pipelineFailed', code: error.code, error: error.message })
      life.because({ kind: 'failed', error })
    }
    return aftermath
  }

  /** A record that is given up with its worker is read for its letter, and its file may be another one by now. */
  #detach(child: ChildProcess, casualty: Casualty | undefined): Loss {
    const { router, failed } = this.#parts
    const returned = router().inHand(child)
    try {
      return router().detach(child, casualty)
    } catch (error) {
      failed(asMillraceError(error))
      return { returned, named: true, attached: true }
    }
  }

  /** How a worker died, unless it was killed as planned: then no record is to blame. */
  #casualtyOf(child: ChildProcess, death: Death, at: number): Casualty | undefined {
    if (this.#parts.life.phase === 'closing' || this.#drains.has(child)) return undefined
    const atWork = this.#parts.memory?.bookmarks.read(child.key)
    return casualtyOf(child.place, death, { at, atWork })
  }

  /** A writer that has sent everything is not missed; a live one cannot be replaced without loss. */
  #replaces({ place }: ChildProcess): boolean {
    if (place.role !== 'writer') return true
    const { config, life, router, telemetry, failed } = this.#parts
    const { intake } = router()
    if (intake.ended) return false
    if (this.sourceKind !== 'live') {
      // It died while it drained: what it had not sent is for the next run to read.
      if (life.phase === 'ending') intake.cut()
      return !intake.ended
    }
    telemetry.emit({ type: 'writerLost', mayBeMissing: config.inQueue })
    if (config.onWriterLoss === 'continue') return true
    failed(writerLost(), 'writer')
    return false
  }
}
