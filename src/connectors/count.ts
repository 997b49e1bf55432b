import type { ConnectorRef } from '../config/connector-ref.js'
import type { Resume, Source, SourceBatch, SourceContext, SourceProgress } from '../model/source.js'

/** How many numbers were counted before. */
export interface CountPosition {
  readonly count: number
}

/** However many are wanted, a batch has no more numbers than this, so that a stop is noticed soon. */
const LARGEST_BATCH = 4096

/** Counts from 0 to N-1, for trying things out and for measuring. */
export const countSource = (ref: ConnectorRef): Source<number, CountPosition> =>
  new CountSource(Number(ref.target))

class CountSource implements Source<number, CountPosition> {
  readonly kind = 'counted'
  readonly #total: number
  #counted = 0

  constructor(total: number) {
    this.#total = total
  }

  /** Nothing has to be counted twice to get behind `from`. */
  async *open(
    from: Resume<CountPosition> | undefined,
    context: SourceContext,
  ): AsyncGenerator<SourceBatch<number, CountPosition>> {
    this.#counted = from?.position.count ?? 0
    while (this.#counted < this.#total && !context.signal.aborted) {
      const first = this.#counted
      const length = Math.min(Math.max(1, context.wanted()), LARGEST_BATCH, this.#total - first)
      this.#counted += length
      yield {
        values: numbersFrom(first, length),
        ids: { prefix: 'count:', first },
        positionAfter: (count) => ({ count: first + count }),
      }
    }
  }

  progress(): SourceProgress {
    return { fraction: this.#total === 0 ? 1 : Math.min(1, this.#counted / this.#total) }
  }
}

function numbersFrom(first: number, length: number): number[] {
  const numbers = new Array<number>(length)
  for (let i = 0; i < length; i++) numbers[i] = first + i
  return numbers
}
