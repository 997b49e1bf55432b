import type { Failure } from '../link/messages.js'
import { type Ids, idAt } from '../model/ids.js'
import { NumberColumn } from '../model/number-column.js'
import { pairsOf, placesIn, sortPairs, spansOfPairs } from '../model/pairs.js'
import type { Headers, Records } from '../model/record.js'

/**
 * What a worker has finished and not yet reported, as columns ready to be encoded.
 *
 * Places are in the order the records finished in, until {@link inOrder}; the results of a record
 * stand together, and leave together.
 *
 * Most records have one result, and come one after another: of such a run each adds its value and
 * nothing else. The columns have the whole run noted when it ends, which asking for them makes it do.
 */
export class Outbox {
  dropped = 0
  readonly failures: Failure[] = []
  readonly values: unknown[] = []
  readonly #done: number[] = []
  readonly #places = new NumberColumn()
  #finished = 0
  #prefix: string | undefined
  #numbers = new NumberColumn()
  #list: string[] | undefined
  #keys: (string | undefined)[] | undefined
  #headers: (Headers | undefined)[] | undefined
  /** The records that the run is of; undefined when there is none. */
  #run: Records | undefined
  /** Index of the first record of the run, and of the one that would go on with it. */
  #runFrom = 0
  #runTo = 0
  /** The place of the first record of the run. */
  #runPlace = 0

  /** Finished places as pairs `from, to`; neighbours are joined. */
  get done(): readonly number[] {
    this.#endRun()
    return this.#done
  }

  /** The place that each result belongs to. */
  get places(): NumberColumn {
    this.#endRun()
    return this.#places
  }

  get finished(): number {
    return this.#finished + this.#runTo - this.#runFrom
  }

  get empty(): boolean {
    return this.finished === 0
  }

  /** A record that has no result. */
  addDropped(place: number): void {
    this.#endRun()
    this.#finish(place, 1)
    this.dropped++
  }

  /** A record that is done: there is no sink for its results. */
  addDone(place: number): void {
    this.#endRun()
    this.#finish(place, 1)
  }

  /** A record with one result, which takes over its id, key and headers. */
  addResult(place: number, value: unknown, records: Records, index: number): void {
    if (records !== this.#run || index !== this.#runTo) this.#beginRun(place, records, index)
    this.values.push(value)
    this.#runTo++
  }

  /** A record with any number of results. */
  addResults(place: number, values: readonly unknown[], records: Records, index: number): void {
    if (values.length === 0) this.addDropped(place)
    else if (values.length === 1) this.addResult(place, values[0], records, index)
    else this.#addSeveral(place, values, records, index)
  }

  #addSeveral(place: number, values: readonly unknown[], records: Records, index: number): void {
    this.#endRun()
    this.#finish(place, 1)
    const id = idAt(records.ids, index)
    for (let i = 0; i < values.length; i++) {
      this.#places.push(place)
      this.#note(this.values.push(values[i]) - 1, records, index)
      this.#pushText(`${id}#${i + 1}`)
    }
  }

  /** An attempt that failed; it leaves no result. */
  addFailure(failure: Failure): void {
    this.failures.push(failure)
    this.#finished++
  }

  /** The results as records, in the order of their places' completion. */
  results(): Records {
    this.#endRun()
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
    const sorted = this.pick(
      indexes.sort((a, b) => places.at(a)! - places.at(b)!),
      sortPairs(done),
    )
    sorted.dropped = this.dropped
    for (const failure of this.failures) sorted.addFailure(failure)
    return sorted
  }

  /** The same, but that these records failed after all: what they left is taken out. */
  withFailures(failures: readonly Failure[]): Outbox {
    const failed = new Set(failures.map(({ place }) => place))
    const left = this.pick(
      this.places.list().flatMap((place, index) => (failed.has(place) ? [] : [index])),
      pairsOf([...placesIn(this.done)].filter((place) => !failed.has(place))),
    )
    left.dropped = this.dropped
    for (const failure of this.failures) left.addFailure(failure)
    for (const failure of failures) if (failed.delete(failure.place)) left.addFailure(failure)
    return left
  }

  /** An outbox of these results, by their indexes, and of nothing else but what is done, as pairs of places. */
  pick(indexes: readonly number[], done: readonly number[]): Outbox {
    const { places } = this
    const picked = new Outbox()
    for (const index of indexes) {
      picked.values.push(this.values[index])
      picked.#places.push(places.at(index)!)
    }
    for (const { from, to } of spansOfPairs(done)) picked.#finish(from, to - from)
    picked.#prefix = this.#prefix
    if (this.#list) picked.#list = indexes.map((index) => this.#list![index]!)
    else picked.#numbers = NumberColumn.of(indexes.map((index) => this.#numbers.at(index)!))
    if (this.#keys) picked.#keys = indexes.map((index) => this.#keys?.[index])
    if (this.#headers) picked.#headers = indexes.map((index) => this.#headers?.[index])
    return picked
  }

  #beginRun(place: number, records: Records, index: number): void {
    this.#endRun()
    this.#run = records
    this.#runFrom = index
    this.#runTo = index
    this.#runPlace = place
  }

  #endRun(): void {
    const records = this.#run
    if (!records) return
    const [from, to, place] = [this.#runFrom, this.#runTo, this.#runPlace]
    this.#run = undefined
    this.#runTo = from
    this.#finish(place, to - from)
    if (records.keys || records.headers) this.#noteAll(records, from, to)
    if (to - from === 1) {
      this.#places.push(place)
      this.#pushId(records, from)
    } else {
      this.#places.pushRun(place, to - from)
      this.#pushIds(records, from, to)
    }
  }

  /** Records at places that follow one another are finished. */
  #finish(place: number, count: number): void {
    this.#finished += count
    const done = this.#done
    if (done.length > 0 && done[done.length - 1] === place) done[done.length - 1] = place + count
    else done.push(place, place + count)
  }

  /** The results that were added last have the keys and the headers of these records. */
  #noteAll(records: Records, from: number, to: number): void {
    const first = this.values.length - (to - from)
    for (let index = from; index < to; index++) this.#note(first + index - from, records, index)
  }

  /** The result that is `values[at]` has the key and the headers of this record. */
  #note(at: number, records: Records, index: number): void {
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

  #pushIds(records: Records, from: number, to: number): void {
    const { ids } = records
    if ('first' in ids && this.#staysNumbers(ids)) this.#numbers.pushRun(ids.first + from, to - from)
    else for (let index = from; index < to; index++) this.#pushId(records, index)
  }

  #pushId({ ids }: Records, index: number): void {
    if (!this.#staysNumbers(ids)) this.#pushText(idAt(ids, index))
    else this.#numbers.push('first' in ids ? ids.first + index : ids.numbers[index]!)
  }

  /** Ids with one prefix stay numbers; the first that differs turns all of them into texts. */
  #staysNumbers(ids: Ids): ids is Exclude<Ids, { readonly list: readonly string[] }> {
    if (this.#list || 'list' in ids || (this.#prefix !== undefined && this.#prefix !== ids.prefix))
      return false
    this.#prefix = ids.prefix
    return true
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
