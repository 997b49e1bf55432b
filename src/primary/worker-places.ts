import { WorkerNumbers } from './elsewhere/worker-numbers.js'
import type { Supervisor } from './processes/supervisor.js'
import { type Place, placesNumbered } from './topology.js'

/** The places for workers, here and elsewhere: which there are, and under which numbers new ones come. */
export class WorkerPlaces {
  readonly #supervisor: Pick<Supervisor, 'posts'>
  readonly #numbers: WorkerNumbers

  /** @param own how many workers this machine begins with */
  constructor(supervisor: Pick<Supervisor, 'posts'>, own: number) {
    this.#supervisor = supervisor
    this.#numbers = new WorkerNumbers(own)
  }

  /** Whoever fills them. */
  get all(): Place[] {
    return [...this.#supervisor.posts].map(({ place }) => place).filter(({ role }) => role === 'worker')
  }

  /** Those on this machine, by their numbers. */
  get own(): Place[] {
    return this.all.filter(({ host }) => host === undefined).sort((a, b) => a.index - b.index)
  }

  /** So many more on this machine. */
  more(count: number): Place[] {
    const numbers = this.own.map(({ index }) => index)
    return placesNumbered(this.#numbers.own(count, numbers))
  }

  /** So many on another machine. */
  on(host: string, count: number): Place[] {
    return placesNumbered(this.#numbers.lend(count), host)
  }
}
