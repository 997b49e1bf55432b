import type { Config } from '../config/config.js'
import type { DeadLetterFile } from '../dead-letters/dead-letter-file.js'
import { DeadLetterDesk } from '../dead-letters/desk.js'
import { DeadLettersElsewhere } from '../dead-letters/elsewhere.js'
import type { MillraceError } from '../errors.js'
import type { DeadLetters } from '../model/dead-letter.js'
import type { EventEntry, EventRequest, ProfileRequest, StackReport } from '../model/inspection.js'
import type { LogLevel } from '../model/logger.js'
import type { Pulse } from '../model/pulse.js'
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
} from '../model/status.js'
import type { PipelineEvent } from '../telemetry/events.js'
import type { Parts } from './assembly.js'
import { Course, type PipelineResult } from './course.js'
import type { Start } from './options.js'
import type { Telemetry } from './telemetry.js'
import { View } from './view.js'

/** A running pipeline: all that can be asked of it, or seen. Who does it are its parts; when what happens is its course. */
export class Pipeline implements Controllable {
  readonly name: string
  readonly stateDir: string
  /** Resolves when every process is gone and the account is closed. */
  readonly finished: Promise<PipelineResult>
  readonly #course: Course
  readonly #telemetry: Telemetry
  readonly #view: View

  static async start(config: Config, options: Start): Promise<Pipeline> {
    const pipeline = new Pipeline(config, options)
    await pipeline.#course.begin(async () => {
      if (config.keepsState) await pipeline.#replayRequested()
    })
    return pipeline
  }

  private constructor(config: Config, options: Start) {
    this.name = config.name
    this.stateDir = config.stateDir
    this.#telemetry = options.telemetry
    this.#course = new Course(config, options)
    this.finished = this.#course.finished
    this.#view = new View(config, options, this.#parts)
  }

  get #parts(): Parts {
    return this.#course.parts
  }

  /** Reads no more, works off what was read, and ends. */
  drain(why: string): void {
    this.#course.drain(why)
  }

  /** Ends at once; what is in flight goes back to the source. */
  stopNow(): void {
    this.#course.stopNow()
  }

  /** Ends with an error, after draining what can still be drained. */
  fail(error: MillraceError): void {
    this.#course.fail(error)
  }

  pause(): void {
    this.#course.pause()
  }

  resume(): void {
    this.#course.resume()
  }

  restart(target: string): Promise<RestartReport | RollReport> {
    return this.#parts.changes.restart(target)
  }

  scale(workers: number): Promise<ScaleReport> {
    return this.#parts.changes.scale(workers)
  }

  setRate(perSecond: number | null): void {
    this.#parts.router.setRate(perSecond ?? undefined)
  }

  setLogLevel(level: LogLevel): void {
    this.#telemetry.setLevel(level)
    this.#parts.crew.adopt({ logLevel: level })
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

  get dead(): DeadLetters {
    const { letters, letterFile } = this.#parts.router
    return letterFile ? this.#deskOf(letterFile) : new DeadLettersElsewhere(letters.place)
  }

  #deskOf(file: DeadLetterFile): DeadLetterDesk {
    return new DeadLetterDesk(file, (letters) => {
      this.#course.requireUnended('takes nothing in any more')
      this.#parts.router.replays.feed(letters)
    })
  }

  /** Takes up what was asked for while no pipeline ran. */
  async #replayRequested(): Promise<void> {
    const { letterFile } = this.#parts.router
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
}
