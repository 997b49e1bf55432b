/** When and how often a failed record is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number
  /** Milliseconds before the second attempt. */
  readonly backoff: number
  /** How much longer each wait is than the one before. */
  readonly factor: number
  /** Milliseconds that no wait exceeds. */
  readonly maxBackoff: number
}

/**
 * Milliseconds to wait after the `attempt`-th attempt failed, or `undefined` to give the record up.
 *
 * @param random in [0, 1): up to half of the wait is jitter, so that records which failed together
 *   do not all come back together ("equal jitter" in Marc Brooker's comparison for AWS).
 */
export function retryDelay(policy: RetryPolicy, attempt: number, random: number): number | undefined {
  if (attempt >= policy.attempts) return undefined
  const full = Math.min(policy.maxBackoff, policy.backoff * policy.factor ** (attempt - 1))
  return full / 2 + (full / 2) * random
}

/**
 * Things that wait for a time, in the order of their times (a binary heap).
 *
 * Records that wait here hold neither a worker nor its window; the shelf is bounded by whoever
 * fills it, through `size`.
 */
export class Shelf<T> {
  readonly #heap: { readonly due: number; readonly order: number; readonly item: T }[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the next item is due; undefined when there is none. */
  get nextDue(): number | undefined {
    return this.#heap[0]?.due
  }

  /** The items that are due first, at most `limit` of them; they stay. */
  first(limit: number): readonly { readonly item: T; readonly due: number }[] {
    return [...this.#heap].sort((a, b) => (earlier(a, b) ? -1 : 1)).slice(0, limit)
  }

  put(item: T, due: number): void {
    const heap = this.#heap
    let at = heap.push({ due, order: this.#order++, item }) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!earlier(heap[at]!, heap[parent]!)) break
      swap(heap, at, parent)
      at = parent
    }
  }

  /** Takes the item that is due first, if its time has come. */
  takeDue(now: number): T | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (!first || first.due > now) return undefined
    const last = heap.pop()!
    if (heap.length > 0) {
      heap[0] = last
      this.#sink()
    }
    return first.item
  }

  /** Empties the shelf, due or not. */
  takeAll(): T[] {
    return this.#heap.splice(0).map(({ item }) => item)
  }

  #sink(): void {
    const heap = this.#heap
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const right = left + 1
      let least = at
      if (left < heap.length && earlier(heap[left]!, heap[least]!)) least = left
      if (right < heap.length && earlier(heap[right]!, heap[least]!)) least = right
      if (least === at) return
      swap(heap, at, least)
      at = least
    }
  }
}

interface Placed {
  readonly due: number
  readonly order: number
}

const earlier = (a: Placed, b: Placed) => a.due < b.due || (a.due === b.due && a.order < b.order)

function swap<T>(heap: T[], a: number, b: number): void {
  const moved = heap[a]!
  heap[a] = heap[b]!
  heap[b] = moved
}
