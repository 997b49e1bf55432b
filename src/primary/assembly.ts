import type { Config } from '../config/config.js'
import type { MillraceError } from '../errors.js'
import { systemClock } from '../model/clock.js'
import { settledOf, sumOf } from '../model/counters.js'
import type { Role } from '../model/role.js'
import { asMillraceError } from './cause.js'
import { Changes } from './changes.js'
import { Checkpoints } from './checkpoints.js'
import { Crew } from './crew.js'
import { Machines } from './elsewhere/machines.js'
import { HangWatch } from './hang-watch.js'
import { Insight } from './insight/insight.js'
import { Inspection } from './inspection.js'
import { LifeCycle } from './life-cycle.js'
import type { Start } from './options.js'
import { Progress } from './progress.js'
import { memoryLimit, Recycling } from './recycling.js'
import { Router } from './router/router.js'
import { SharedMemory } from './shared-memory.js'
import { openTo, queueOpener } from './transport.js'

/** What the parts of a pipeline tell the one that leads it. */
export interface Lead {
  /** Every place has had a process that was ready. Called once. */
  complete(): void
  /** Records moved: called once after everything that happened together. */
  moved(): void
  /** The reader of the sink is gone for good, and does not mind. */
  sinkClosed(): void
  /** More is given up than should be without somebody looking. */
  tooManyGivenUp(): void
  /** @param lost the role that nobody fills any more because of it */
  failed(error: MillraceError, lost?: Role): void
}

/** Everything that a pipeline is made of, joined to each other, and to nothing else. */
export interface Parts {
  readonly life: LifeCycle
  readonly crew: Crew
  readonly checkpoints: Checkpoints
  readonly progress: Progress
  readonly insight: Insight
  readonly hangWatch: HangWatch
  readonly changes: Changes
  readonly machines: Machines
  readonly recycling: Recycling
  readonly inspection: Inspection
  /** Where payloads may stand, if there is such memory. */
  readonly memory: SharedMemory | undefined
  /** Opened before anything is forked; lives as long as the pipeline. */
  readonly router: Router
  /** Opens the queues, and what is between them. */
  open(): Promise<void>
}

/** Makes the parts of a pipeline, and says which of them tells which. Nothing is opened or forked yet. */
export function assemble(config: Config, start: Start, lead: Lead): Parts {
  const { telemetry, state } = start
  const { emit } = telemetry
  const clock = systemClock
  let opened: Router | undefined
  const router = () => opened!
  const life = new LifeCycle((shown, reason) => emit({ type: 'stateChanged', state: shown, reason }))
  const progress = new Progress(clock, router, emit)
  const insight = new Insight({
    clock,
    router,
    supervisor: () => crew.supervisor,
    life,
    resumes: state.from.place > 0,
  })
  const checkpoints = new Checkpoints({
    from: state.from,
    sinkState: state.sinkState,
    delivers: config.sender !== undefined,
    every: config.keepsState ? config.checkpoint.every : undefined,
    clock,
    note: () => ({
      total: sumOf(state.before, settledOf(router().settledCounters)),
      finished: router().intake.exhausted && router().finished,
      replayed: router().replays.done,
    }),
    sync: () => router().delivery?.sync() ?? false,
    write: async (draft) => {
      await router().letters.settled()
      // Before the writer has said it, the source is what it was: it can be read again if it could before.
      const kind = crew.sourceKind ?? state.resumed?.source.kind ?? 'live'
      await state.write(draft, kind, router().account.inFlight)
      await router().replays.forget(draft.note.replayed)
    },
    tellSource: (reached) => router().intake.commit(reached),
    blocked: (reason) => life.block('checkpoint', reason),
  })
  const memory =
    config.transport.kind === 'ipc'
      ? SharedMemory.open({ bytes: 2 * config.queueBytes, fillers: config.workers + 1 })
      : undefined
  const crew: Crew = new Crew({
    ...{ config, telemetry, life, checkpoints, router, memory },
    machines: () => machines,
    redelivers: state.redelivers,
    complete: lead.complete,
    ready: (child) => insight.ready(child),
    gone: (key) => {
      recycling.gone(key)
      insight.gone(key)
    },
    removed: (id) => {
      recycling.removed(id)
      progress.removed(id)
    },
    sinkClosed: lead.sinkClosed,
    failed: lead.failed,
  })
  const { supervisor } = crew
  const hangWatch = new HangWatch({
    clock,
    timeout: config.timeout,
    dispatch: () => router().dispatch,
    workerOf: (key) => [...supervisor.children()].find((child) => child.key === key),
    emit,
  })
  const changes = new Changes({ name: config.name, crew, life, clock, emit, router })
  const machines = new Machines({
    ...{ name: config.name, version: start.version, clock, life, emit },
    admit: (places) => changes.admit(places),
    release: (ids) => changes.release(ids),
    supervisor: () => supervisor,
    placesOn: (host, workers) => crew.places.on(host, workers),
  })
  const recycling = new Recycling({
    limits: config.recycle,
    clock,
    memory: memoryLimit(),
    emit,
    workers: () => crew.readyWorkers,
    places: () => crew.places.own.length,
    sample: () => insight.figures.sample(),
    recycle: (worker, why) => changes.recycle(worker, why),
    kill: (worker, how) => {
      router().dispatch.condemn(worker.key, `its worker was killed: ${how}`)
      worker.kill({ reason: how, outOfMemory: true })
    },
  })
  const inspection = new Inspection({ supervisor, clock, router })
  const open = async () => {
    opened = await Router.open({
      ...{ config, clock, checkpoints, emit },
      openQueue: await queueOpener(config, telemetry),
      limit: start.limit,
      progressed: (child, activity) => {
        supervisor.progressed(child.place.id)
        if (!activity) return
        if (activity.handled > 0) supervisor.handled(child)
        progress.did(child.place.id, activity)
        recycling.did(child.key, activity.handled)
        insight.did(child, activity)
      },
      pardon: ({ suspectedFor, named }) => {
        if (suspectedFor) supervisor.refund(suspectedFor.process, suspectedFor.at)
        supervisor.charge(named.at(-1)!.process)
        // Or else a handler that always crashes waits ever longer, and never spends its budget within the period.
        for (const { process } of named) supervisor.progressed(process)
      },
      tooManyGivenUp: lead.tooManyGivenUp,
      blocked: (which, reason) => life.block(which, reason),
      failed: (error) => lead.failed(asMillraceError(error)),
      moved: () => {
        insight.moved()
        crew.moved()
        lead.moved()
      },
    })
    await openTo(machines, config, telemetry)
  }
  return {
    ...{
      life,
      crew,
      checkpoints,
      progress,
      insight,
      hangWatch,
      changes,
      machines,
      recycling,
      inspection,
      memory,
      open,
    },
    get router() {
      return router()
    },
  }
}
