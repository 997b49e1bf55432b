import { Garrison } from '../../src/outpost/garrison.js'
import { Outpost, type OutpostParts } from '../../src/outpost/outpost.js'
import type { OutpostEvent } from '../../src/outpost/report.js'
import { Machines, type MachinesParts } from '../../src/primary/elsewhere/machines.js'
import type { LifeCycle } from '../../src/primary/life-cycle.js'
import type { Forked } from '../../src/primary/processes/fork.js'
import { type Place, placesNumbered } from '../../src/primary/topology.js'
import type { PipelineEvent } from '../../src/telemetry/events.js'
import { FakeClock } from '../fake-clock.js'
import { FakeBus } from '../join/fake-bus.js'
import { FakeFork } from '../primary/processes/fake-fork.js'

export const NAME = 'mill'
const VERSION = '1.2.3'

/** A primary, as far as machines can join it, that forks whatever they bring. */
export function primaryOn(bus: FakeBus, clock: FakeClock, more: Partial<MachinesParts> = {}) {
  const events: PipelineEvent[] = []
  const forked = new Map<string, Forked>()
  const ended: string[] = []
  const life = { phase: 'running', state: 'running' } as { -readonly [K in 'phase' | 'state']: LifeCycle[K] }
  let next = 2
  const machines = new Machines({
    name: NAME,
    version: VERSION,
    clock,
    life: life as LifeCycle,
    emit: (event) => events.push(event),
    placesOn: (host, workers) =>
      placesNumbered(
        Array.from({ length: workers }, () => next++),
        host,
      ),
    admit: async (places: readonly Place[]) => {
      for (const place of places) {
        const process = machines.fork(place)
        process.onExit((_, signal, instead) => ended.push(`${place.id} ${signal ?? instead?.lost?.why}`))
        forked.set(place.id, process)
      }
    },
    release: async () => {},
    supervisor: () => ({ forsake: (ids) => void ended.push(`forsaken ${ids.join(' ')}`) }),
    ...more,
  })
  machines.open(bus)
  return { machines, events, forked, ended, life }
}

/** An outpost whose processes do what the test says. */
export function outpostOn(bus: FakeBus, clock: FakeClock, more: Partial<OutpostParts> = {}) {
  const events: OutpostEvent[] = []
  const forks: FakeFork[] = []
  const watched = new Set<number>()
  const garrison = new Garrison({
    reaper: { watch: (pid) => watched.add(pid), forget: (pid) => watched.delete(pid) },
    module: '/there/worker.mjs',
    fork: () => {
      const fork = new FakeFork()
      forks.push(fork)
      return fork
    },
  })
  const outpost = new Outpost({
    name: NAME,
    version: VERSION,
    workers: 2,
    shutdownTimeout: 30_000,
    bus,
    clock,
    garrison,
    emit: (event) => events.push(event),
    ...more,
  })
  const told = () => events.map(({ type }) => type)
  return { outpost, events, told, forks, watched }
}

export function twoSides(more: { primary?: Partial<MachinesParts>; outpost?: Partial<OutpostParts> } = {}) {
  const bus = new FakeBus()
  const clock = new FakeClock()
  const primary = primaryOn(bus, clock, more.primary)
  const elsewhere = outpostOn(bus, clock, more.outpost)
  return { bus, clock, primary, elsewhere }
}
