import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandLineOf } from '../src/primary/state/proc.js'
import { readCheckpoints, readLetters, readOutput } from './collect.js'
import { inflict } from './inflict.js'
import type { Misfortune } from './misfortune.js'
import { OuterSupervisor } from './outer-supervisor.js'
import { markedPids, sendSignal } from './processes.js'
import type { Scenario } from './scenario.js'
import { Stage } from './stage.js'
import type { End, Observed, Performed } from './verdict/observed.js'
import { Watch } from './watch.js'

/** Milliseconds between two looks at something that tells nobody when it changes. */
const LOOK_EVERY = 20

/** Milliseconds that a misfortune waits for a primary with records in flight, and then for its process. */
const PATIENCE = 15_000
const PATIENCE_WITH_PROCESSES = 2000

/** Milliseconds that processes have to be gone when their pipeline is. */
const AFTERLIFE = 5000

/** Milliseconds a trial may take beside its misfortunes: starts, backoffs, handlers that hang. */
const ALLOWANCE = 180_000

/** One scenario, from an empty folder to what is known in the end. */
export class Trial {
  readonly stage: Stage
  readonly #scenario: Scenario
  readonly #supervisor: OuterSupervisor
  readonly #watch: Watch
  readonly #performed: Performed[] = []
  /** Misfortunes that are not undone yet. */
  readonly #lasting: Promise<void>[] = []
  readonly #killed = new Set<number>()
  readonly #begun = performance.now()
  readonly #signal: AbortSignal
  #end: End | undefined

  /** @param signal ends it before its time */
  constructor(scenario: Scenario, signal: AbortSignal) {
    this.#scenario = scenario
    this.#signal = signal
    this.stage = new Stage(scenario)
    this.#supervisor = new OuterSupervisor(this.stage)
    this.#watch = new Watch(this.stage, () => this.#supervisor.current)
  }

  async run(): Promise<Observed> {
    this.#watch.start()
    const running = this.#supervisor.run().then(() => {
      this.#end ??= 'finished'
    })
    await Promise.all([this.#suffer(), this.#awaitEnd()])
    this.#supervisor.stop()
    this.#watch.stop()
    await Promise.all([running, ...this.#lasting])
    return this.#collect()
  }

  /** One after another, each so long after the one before as the schedule has it; then there is calm. */
  async #suffer(): Promise<void> {
    let before = 0
    for (const misfortune of this.#scenario.misfortunes) {
      await this.#until(() => this.#hasWork || ('early' in misfortune && misfortune.early), PATIENCE)
      const due = performance.now() + misfortune.at - before
      await this.#until(() => performance.now() >= due, Number.POSITIVE_INFINITY)
      if (this.#end) return
      await this.#perform(misfortune)
      before = misfortune.at
    }
    await Promise.all(this.#lasting)
    this.stage.calm()
  }

  async #perform(misfortune: Misfortune): Promise<void> {
    let lasting: Promise<void> | undefined
    let inFlight: number | undefined
    let at = performance.now()
    const fell = await this.#until(() => {
      const life = this.#supervisor.current
      if (!life) return false
      inFlight = this.#watch.status?.counters.inFlight
      at = performance.now()
      lasting = inflict(misfortune, { stage: this.stage, life, killed: this.#killed })
      return lasting !== undefined
    }, PATIENCE_WITH_PROCESSES)
    if (lasting) this.#lasting.push(lasting)
    const life = this.#supervisor.lives.length - 1
    this.#performed.push({ misfortune, at: at - this.#begun, fell, inFlight, life })
  }

  async #awaitEnd(): Promise<void> {
    const last = this.#scenario.misfortunes.at(-1)?.at ?? 0
    const deadline = performance.now() + 5 * last + ALLOWANCE
    while (!this.#end) {
      if (this.#signal.aborted) this.#end = 'interrupted'
      else if (this.#watch.stuck) this.#end = 'stuck'
      else if (performance.now() > deadline) this.#end = 'outOfTime'
      else await sleep(LOOK_EVERY)
    }
  }

  /** Whether a primary lives that has records in flight, by its own word. */
  get #hasWork(): boolean {
    const life = this.#supervisor.current
    if (!life || this.#killed.has(life.pid)) return false
    return (this.#watch.status?.counters.inFlight ?? 0) > 0
  }

  /** Whether `condition` came to hold before the trial ended, within so many milliseconds. */
  async #until(condition: () => boolean, limit: number): Promise<boolean> {
    const deadline = performance.now() + limit
    while (!this.#end) {
      if (condition()) return true
      if (performance.now() > deadline) return false
      await sleep(LOOK_EVERY)
    }
    return false
  }

  async #collect(): Promise<Observed> {
    const { stage } = this
    const leftOver = await this.#endLeftOvers()
    stage.disk?.free()
    const { lives } = this.#supervisor
    return {
      scenario: this.#scenario,
      plan: stage.plan,
      end: this.#end ?? 'interrupted',
      lastWords: this.#lastWords(),
      lives,
      checkpoints: await readCheckpoints(lives),
      performed: this.#performed,
      ...readOutput(stage),
      letters: readLetters(stage),
      leftOver,
      peaks: this.#watch.peaks,
    }
  }

  /** Whoever still runs when all have had their time is named, and ended. */
  async #endLeftOvers(): Promise<readonly string[]> {
    const { mark } = this.stage
    const deadline = performance.now() + AFTERLIFE
    while (markedPids(mark).length > 0 && performance.now() < deadline) await sleep(LOOK_EVERY)
    const left = markedPids(mark)
    const names = left.map((pid) => commandLineOf(pid).join(' ').trim())
    for (const pid of left) sendSignal(pid, 'SIGKILL', mark)
    return names
  }

  #lastWords(): string {
    const status = this.#watch.lastStatus
    if (!status) return 'it never said how it was'
    const { state, reason, counters, queues, oldestUnsettled, bottleneck } = status
    return `it said last: ${JSON.stringify({ state, reason, counters, queues, oldestUnsettled, bottleneck })}`
  }
}
