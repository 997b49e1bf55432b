import type {
  ChosenLetters,
  DeadLetter,
  DeadLetterHead,
  DeadLetters,
  ReplayReport,
} from '../model/dead-letter.js'
import { ask, askLines } from './client.js'
import type { Entry } from './registry.js'

/** Milliseconds that a pipeline has to read through its dead letters: some ten seconds for a gigabyte. */
const patience = 120_000

/** The dead letters of a running pipeline, over its control socket. */
export class RemoteDeadLetters implements DeadLetters {
  readonly #entry: Entry

  constructor(entry: Entry) {
    this.#entry = entry
  }

  list(): AsyncIterable<DeadLetterHead> {
    return askLines(this.#entry, 'GET /dead', { timeout: patience }) as AsyncIterable<DeadLetterHead>
  }

  async show(id: string): Promise<DeadLetter> {
    const route = `GET /dead/letter?${new URLSearchParams({ id })}`
    return (await ask(this.#entry, route, { timeout: patience })) as DeadLetter
  }

  async drop(chosen: ChosenLetters): Promise<number> {
    const { dropped } = (await this.#post('drop', chosen)) as { readonly dropped: number }
    return dropped
  }

  async replay(chosen: ChosenLetters): Promise<ReplayReport> {
    return (await this.#post('replay', chosen)) as ReplayReport
  }

  #post(what: 'drop' | 'replay', chosen: ChosenLetters): Promise<unknown> {
    const body = chosen === 'all' ? { all: true } : { ids: chosen }
    return ask(this.#entry, `POST /dead/${what}`, { body, timeout: patience })
  }
}
