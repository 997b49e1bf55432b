/**
 * A list of numbers that only grows. As long as each is one more than the one before, it is kept as
 * its first and its length, as most lists of places and offsets can be.
 */
export class NumberColumn {
  #first = 0
  #length = 0
  /** From the first number on that did not follow the one before. */
  #numbers: number[] | undefined

  static of(numbers: Iterable<number>): NumberColumn {
    const column = new NumberColumn()
    for (const number of numbers) column.push(number)
    return column
  }

  get length(): number {
    return this.#length
  }

  /** The first of them, if each is one more than the one before. */
  get runFrom(): number | undefined {
    return this.#numbers ? undefined : this.#first
  }

  push(number: number): void {
    if (this.#numbers) this.#numbers.push(number)
    else if (this.#length === 0) this.#first = number
    else if (number !== this.#first + this.#length) this.#numbers = [...this.list(), number]
    this.#length++
  }

  /** So many numbers, each one more than the one before. */
  pushRun(first: number, count: number): void {
    if (count === 0) return
    this.push(first)
    if (this.#numbers) for (let i = 1; i < count; i++) this.#numbers.push(first + i)
    this.#length += count - 1
  }

  at(index: number): number | undefined {
    if (this.#numbers) return this.#numbers[index]
    return index >= 0 && index < this.#length ? this.#first + index : undefined
  }

  /** All of them. */
  list(): readonly number[] {
    return this.#numbers ?? this.slice(0, this.#length)
  }

  /** Those at `[from, to)`. */
  slice(from: number, to: number): number[] {
    if (this.#numbers) return this.#numbers.slice(from, to)
    const numbers = new Array<number>(to - from)
    for (let i = 0; i < numbers.length; i++) numbers[i] = this.#first + from + i
    return numbers
  }
}
