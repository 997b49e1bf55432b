import type { ProcessId, Role } from '../../model/role.js'
import type { PipelineEvent } from '../events.js'

/** Why a process was replaced: it died; a record was over its time; it had no memory left, or too much; somebody asked; or it was old. */
export type Cause = 'crash' | 'timeout' | 'memory' | 'planned' | 'recycle'

const roles: readonly Role[] = ['writer', 'worker', 'sender']

const causes: readonly Cause[] = ['crash', 'timeout', 'memory', 'planned', 'recycle']

export interface RestartCount {
  readonly role: Role
  readonly cause: Cause
  readonly count: number
}

/** Counts replaced processes by role and cause, from the events that tell of them. */
export class RestartCounts {
  readonly #counts = new Map<string, number>()
  /** The last death: that its place is filled again follows at once, or never. */
  #last: { readonly process: ProcessId; readonly cause: Cause } | undefined
  /** Why processes are about to be killed. A pid alone is not one process: machines count for themselves. */
  readonly #sentences = new Map<string, Cause>()

  hear(event: PipelineEvent): void {
    if (event.type === 'workerHung') {
      this.#sentences.set(nameOf(event), 'timeout')
    } else if (event.type === 'workerTooLarge') {
      this.#sentences.set(nameOf(event), 'memory')
    } else if (event.type === 'processExited') {
      const itself = event.exit.outOfMemory ? 'memory' : 'crash'
      const cause = this.#sentences.get(nameOf(event)) ?? itself
      this.#sentences.delete(nameOf(event))
      this.#last = { process: event.process, cause }
    } else if (event.type === 'restartScheduled') {
      this.#count(event.process, this.#last?.process === event.process ? this.#last.cause : 'crash')
    } else if (event.type === 'processRestarted') {
      this.#count(event.process, event.cause === 'recycled' ? 'recycle' : 'planned')
    }
  }

  /** Of every role and cause, also those that did not happen. */
  get all(): RestartCount[] {
    return roles.flatMap((role) =>
      causes.map((cause) => ({ role, cause, count: this.#counts.get(`${role} ${cause}`) ?? 0 })),
    )
  }

  #count(process: ProcessId, cause: Cause): void {
    const name = `${roleIn(process)} ${cause}`
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}

const nameOf = ({ process, pid }: { readonly process: ProcessId; readonly pid: number }) =>
  `${process} ${pid}`

/** Whoever is neither writer nor worker delivers: the sender, or the one of the dead letters. */
function roleIn(process: ProcessId): Role {
  if (process === 'writer') return 'writer'
  return process.startsWith('worker:') ? 'worker' : 'sender'
}
