import type { Failure } from '../link/messages.js'
import { type Ids, idAt } from '../model/ids.js'
import { NumberColumn } from '../model/number-column.js'
import { pairsOf, placesIn, sortPairs } from '../model/pairs.js'
import type { Headers, Records } from '../model/record.js'

/**
 * What a worker has finished and not yet reported, as columns ready to be encoded.
 *
 * Places are in the order the records finished in, until {@link inOrder}; the results of a record
 * stand together, and leave together.
 */
export class Outbox {
  /** Finished places as pairs `from, to`; neighbours are joined. */
  readonly done: number[] = []
  dropped = 0
  finished = 0
  readonly failures: Failure[] = []
  readonly values: unknown[] = []
  /** The place that each result belongs to. */
  readonly places = new NumberColumn()
  #prefix: string | undefined
  #numbers = new NumberColumn()
  #list: string[] | undefined
  #keys: (string | undefined)[] | undefined
  #headers: (Headers | undefined)[] | undefined

  get empty(): boolean {
    return this.finished === 0
  }

  /** A record that has no result. */
  addDropped(place: number): void {
    this.#finish(place)
    this.dropped++
  }

  /** A record that is done: there is no sink for its results. */
  addDone(place: number): void {
    this.#finish(place)
  }

  /** A record with one result, which takes over its id, key and headers. */
  addResult(place: number, value: unknown, records: Records, index: number): void {
    this.#finish(place)
    this.#push(place, value, records, index)
    this.#pushId(records, index)
  }

  /** A record with any number of results. */
  addResults(place: number, values: readonly unknown[], records: Records, index: number): void {
    if (values.length === 0) this.addDropped(place)
    else if (values.length === 1) this.addResult(place, values[0], records, index)
    else this.#addSeveral(place, values, records, index)
  }

  #addSeveral(place: number, values: readonly unknown[], records: Records, index: number): void {
    this.#finish(place)
    const id = idAt(records.ids, index)
    for (let i = 0; i < values.length; i++) {
      this.#push(place, values[i], records, index)
      this.#pushText(`${id}#${i + 1}`)
    }
  }

  /** An attempt that failed; it leaves no result. */
  addFailure(failure: Failure): void {
    this.failures.push(failure)
    this.finished++
  }

  /** The results as records, in the order of their places' completion. */
  results(): Records {
    return {
      values: this.values,
      ids: this.#ids,
      ...(this.#keys && { keys: this.#keys }),
      ...(this.#headers && { headers: this.#headers }),
    }
  }

  get #ids(): Ids {
    if (this.#list) return { list: this.#list }
    const prefix = this.#prefix ?? ''
    const first = this.#numbers.runFrom
    return first === undefined ? { prefix, numbers: this.#numbers.list() } : { prefix, first }
  }

  /** The same with places, and results, from the first to the last. */
  inOrder(): Outbox {
    const { done, places } = this
    if (isAscending(done) && (places.runFrom !== undefined || isAscending(places.list()))) return this
    const indexes = places.list().map((_, index) => index)
    const sorted = this.pick(indexes.sort((a, b) => places.at(a)! - places.at(b)!))
    for (const place of sortPairs(done)) sorted.done.push(place)
    sorted.dropped = this.dropped
    sorted.finished = this.finished
    sorted.failures.push(...this.failures)
    return sorted
  }

  /** The same, but that these records failed after all: what they left is taken out. */
  withFailures(failures: readonly Failure[]): Outbox {
    const failed = new Map(failures.map((failure) => [failure.place, failure]))
    const left = this.pick(this.places.list().flatMap((place, index) => (failed.has(place) ? [] : [index])))
    left.done.push(...pairsOf([...placesIn(this.done)].filter((place) => !failed.has(place))))
    left.dropped = this.dropped
    left.finished = this.finished
    left.failures.push(...this.failures, ...failed.values())
    return left
  }

  /** An outbox of these results, by their indexes, and of nothing else. */
  pick(indexes: readonly number[]): Outbox {
    const picked = new Outbox()
    for (const index of indexes) {
      picked.values.push(this.values[index])
      picked.places.push(this.places.at(index)!)
    }
    picked.#prefix = this.#prefix
    if (this.#list) picked.#list = indexes.map((index) => this.#list![index]!)
    else picked.#numbers = NumberColumn.of(indexes.map((index) => this.#numbers.at(index)!))
    if (this.#keys) picked.#keys = indexes.map((index) => this.#keys?.[index])
    if (this.#headers) picked.#headers = indexes.map((index) => this.#headers?.[index])
    return picked
  }

  #finish(place: number): void {
    this.finished++
    const { done } = this
    if (done.length > 0 && done[done.length - 1] === place) done[done.length - 1] = place + 1
    else done.push(place, place + 1)
  }

  #push(place: number, value: unknown, records: Records, index: number): void {
    const at = this.values.push(value) - 1
    this.places.push(place)
    const key = records.keys?.[index]
    if (key !== undefined) {
      this.#keys ??= []
      this.#keys[at] = key
    }
    const headers = records.headers?.[index]
    if (headers !== undefined) {
      this.#headers ??= []
      this.#headers[at] = headers
    }
  }

  /** Ids with one prefix stay numbers; the first that differs turns all of them into texts. */
  #pushId({ ids }: Records, index: number): void {
    if (this.#list || 'list' in ids || (this.#prefix !== undefined && this.#prefix !== ids.prefix)) {
      this.#pushText(idAt(ids, index))
      return
    }
    this.#prefix = ids.prefix
    this.#numbers.push('first' in ids ? ids.first + index : ids.numbers[index]!)
  }

  #pushText(id: string): void {
    this.#list ??= this.#numbers.list().map((number) => `${this.#prefix}${number}`)
    this.#list.push(id)
  }
}

function isAscending(places: readonly number[]): boolean {
  for (let i = 1; i < places.length; i++) if (places[i]! < places[i - 1]!) return false
  return true
}
