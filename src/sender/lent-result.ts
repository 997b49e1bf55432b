import { idAt } from '../model/ids.js'
import type { Headers, Records } from '../model/record.js'
import type { Result } from '../model/sink.js'

/** A result in the sender's hand. Most sinks want its value and nothing else, so the rest is put together when it is asked for. */
export class LentResult implements Result {
  readonly value: unknown
  readonly #records: Records
  readonly #index: number

  constructor(records: Records, index: number) {
    this.value = records.values[index]
    this.#records = records
    this.#index = index
  }

  get id(): string {
    return idAt(this.#records.ids, this.#index)
  }

  get key(): string | undefined {
    return this.#records.keys?.[this.#index]
  }

  get headers(): Headers | undefined {
    return this.#records.headers?.[this.#index]
  }

  /** What a plain object would look like as JSON. */
  toJSON(): Result {
    const { id, key, headers, value } = this
    return { id, key, headers, value }
  }
}
