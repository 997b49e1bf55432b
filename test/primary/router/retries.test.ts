import t from 'tap'
import type { Clock } from '../../../src/model/clock.js'
import { Retries } from '../../../src/primary/router/retries.js'

/** A clock that moves on whenever somebody looks at it, and whose timers come a little early, as Node's do. */
class RestlessClock implements Clock {
  afterReading(action: () => void): void {
    action()
  }

  #now = 0
  readonly timers: { readonly due: number; readonly action: () => void }[] = []

  now(): number {
    this.#now += 0.25
    return this.#now
  }

  after(ms: number, action: () => void): () => void {
    const timer = { due: this.#now + ms, action }
    this.timers.push(timer)
    return () => this.timers.splice(this.timers.indexOf(timer), 1)
  }

  fireNext(): void {
    const timer = this.timers.shift()!
    this.#now = Math.max(this.#now, timer.due - 0.3)
    timer.action()
  }
}

t.test('a retry that becomes due while somebody looks is waited for, and not forgotten', async (t) => {
  const clock = new RestlessClock()
  const piece = { batch: { width: 1, count: 1, payload: new Uint8Array(1) }, from: 7, to: 8, skip: 0 }
  const retries = new Retries({
    policy: { attempts: 5, backoff: 100, factor: 1, maxBackoff: 100 },
    clock,
    extract: () => piece,
    giveUp: () => t.fail('it is not given up'),
    retried: () => {},
    wake: () => {
      taken = retries.takeDue()
    },
  })
  let taken: ReturnType<Retries['takeDue']>
  retries.failed({ piece, attempt: 1, since: 0 }, { place: 7, id: 'id', name: 'Error', message: 'fails' })
  for (let looks = 0; !taken && clock.timers.length > 0 && looks < 10; looks++) clock.fireNext()
  t.match(taken, { attempt: 2 })
})
