import { Supervisor, type SupervisorParts } from '../../../src/primary/processes/supervisor.js'
import type { PipelineEvent } from '../../../src/telemetry/events.js'
import { FakeClock } from '../../fake-clock.js'
import { FakeFork } from './fake-fork.js'

const places = [
  { id: 'sender', role: 'sender', index: 1 },
  { id: 'worker:1', role: 'worker', index: 1 },
  { id: 'worker:2', role: 'worker', index: 2 },
] as const

/** A supervisor of fake processes, and notes of all that it does. */
export function supervise(more: Partial<SupervisorParts> = {}) {
  const clock = new FakeClock()
  const forks: { readonly id: string; readonly fork: FakeFork }[] = []
  const events: PipelineEvent[] = []
  const watched = new Set<number>()
  const notes: string[] = []
  const supervisor = new Supervisor({
    settings: { intensity: 3, period: 60_000, backoff: 100, maxBackoff: 1000 },
    startTimeout: 5000,
    clock,
    reaper: { watch: (pid) => void watched.add(pid), forget: (pid) => void watched.delete(pid) },
    kernelKills: { claim: () => false, forget: () => {} },
    fork: ({ id }) => {
      const fork = new FakeFork()
      forks.push({ id, fork })
      return fork
    },
    start: ({ key }) => notes.push(`start ${key}`),
    prepare: ({ key }) => notes.push(`prepare ${key}`),
    emit: (event) => events.push(event),
    ready: ({ key }) => notes.push(`ready ${key}`),
    message: () => {},
    stored: () => new Uint8Array(),
    told: () => {},
    line: () => {},
    gone: () => ({ returned: 0, named: false }),
    replaces: () => true,
    cannotStart: (child, { failure }) => notes.push(`cannotStart ${child.key} ${failure?.code ?? ''}`.trim()),
    removed: (id) => notes.push(`removed ${id}`),
    spent: ({ id }) => notes.push(`spent ${id}`),
    ...more,
  })
  supervisor.fill(places)
  const latest = (id: string) => forks.findLast((forked) => forked.id === id)!.fork
  const made = (id: string) => forks.filter((forked) => forked.id === id).length
  const allReady = () => {
    for (const { fork } of forks) fork.becomesReady()
  }
  return { supervisor, clock, forks, events, watched, notes, latest, made, allReady }
}

export const stateOf = (supervisor: Supervisor, id: string) =>
  [...supervisor.posts].find(({ place }) => place.id === id)?.state
