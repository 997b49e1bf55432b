import type { ProcessId, Role } from '../../model/role.js'
import type { PipelineEvent } from '../events.js'

/** Why a process was replaced: it died, it was killed because a record was over its time, or somebody asked. */
export type RestartCause = 'crash' | 'timeout' | 'planned'

export const roles: readonly Role[] = ['writer', 'worker', 'sender']

export const restartCauses: readonly RestartCause[] = ['crash', 'timeout', 'planned']

export interface RestartCount {
  readonly role: Role
  readonly cause: RestartCause
  readonly count: number
}

/** Counts replaced processes by role and cause, from the events that tell of them. */
export class RestartCounts {
  readonly #counts = new Map<string, number>()
  /** Why the last process in a place died, until it is known whether it is replaced. */
  readonly #causes = new Map<ProcessId, RestartCause>()
  readonly #hung = new Set<number>()

  hear(event: PipelineEvent): void {
    if (event.type === 'workerHung') {
      this.#hung.add(event.pid)
    } else if (event.type === 'processExited' && !event.planned) {
      this.#causes.set(event.process, this.#hung.delete(event.pid) ? 'timeout' : 'crash')
    } else if (event.type === 'restartScheduled') {
      this.#count(event.process, this.#causes.get(event.process) ?? 'crash')
    } else if (event.type === 'processRestarted') {
      this.#count(event.process, 'planned')
    }
  }

  /** Of every role and cause, also those that did not happen. */
  get all(): RestartCount[] {
    return roles.flatMap((role) =>
      restartCauses.map((cause) => ({ role, cause, count: this.#counts.get(`${role} ${cause}`) ?? 0 })),
    )
  }

  #count(process: ProcessId, cause: RestartCause): void {
    const name = `${roleIn(process)} ${cause}`
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}

/** Whoever is neither writer nor worker delivers: the sender, or the one of the dead letters. */
function roleIn(process: ProcessId): Role {
  if (process === 'writer') return 'writer'
  return process.startsWith('worker:') ? 'worker' : 'sender'
}
