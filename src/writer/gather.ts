/** Milliseconds after which a batch leaves although its generator never pauses; or a few values later. */
const LONGEST_GATHERING_MS = 5

/** Values between two looks at the clock, at the most; a look costs as much as a fast value. */
const LONGEST_STRIDE = 8

/**
 * Gathers what a generator yields into batches: a batch is complete when it is full, or when the
 * generator has nothing more at hand. No timer is involved, so a lone value leaves at once.
 *
 * Never pulls more values than were asked for: what a generator has yielded has been paid for.
 */
export class Gather<Value> {
  readonly #values: AsyncIterator<Value> | Iterator<Value>
  #gathered: Value[] = []
  #limit = 0
  #pulling = false
  #ended = false
  #error: { readonly cause: unknown } | undefined
  #deliver: (() => void) | undefined
  #flush: NodeJS.Immediate | undefined

  constructor(values: AsyncIterator<Value> | Iterator<Value>) {
    this.#values = values
  }

  /** The next values: at least one, at most `limit`; empty at the end. Throws what the generator throws. */
  async next(limit: number): Promise<Value[]> {
    this.#limit = limit
    await new Promise<void>((resolve) => {
      this.#deliver = () => {
        this.#deliver = undefined
        if (this.#flush) clearImmediate(this.#flush)
        this.#flush = undefined
        resolve()
      }
      if (this.#gathered.length > 0) this.#deliverSoon()
      this.#pull()
    })
    const values = this.#gathered
    this.#gathered = []
    if (values.length === 0 && this.#error) throw this.#error.cause
    return values
  }

  /** Lets the generator clean up, without waiting for it to come to a stop. */
  close(): void {
    void Promise.resolve(this.#values.return?.()).catch(() => {})
  }

  #pull(): void {
    const begun = performance.now()
    let look = 1
    while (!this.#pulling && this.#deliver) {
      const { length } = this.#gathered
      let late = false
      if (length >= look) {
        late = performance.now() - begun > LONGEST_GATHERING_MS
        look = length + Math.min(length, LONGEST_STRIDE)
      }
      if (this.#ended || this.#error || length >= this.#limit || late) {
        this.#deliver()
        return
      }
      this.#pulling = true
      try {
        const step = this.#values.next()
        if ('then' in step)
          step.then(
            (result) => this.#arrived(result),
            (cause) => this.#failed(cause),
          )
        else this.#take(step)
      } catch (cause) {
        this.#pulling = false
        this.#error = { cause }
      }
    }
  }

  #arrived(result: IteratorResult<Value>): void {
    this.#take(result)
    if (this.#gathered.length === 1) this.#deliverSoon()
    this.#pull()
  }

  #failed(cause: unknown): void {
    this.#pulling = false
    this.#error = { cause }
    this.#deliver?.()
  }

  #take(result: IteratorResult<Value>): void {
    this.#pulling = false
    if (result.done) this.#ended = true
    else this.#gathered.push(result.value)
  }

  /** Hands over what there is, once the generator has had its turn and yielded nothing more. */
  #deliverSoon(): void {
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined
      this.#deliver?.()
    })
  }
}
