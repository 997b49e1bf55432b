/**
 * The candidate that somebody who wrote `name` most likely meant; undefined when none is close.
 *
 * Close is a third of the letters, at least two. Case and separators do not count.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(name)
  let best: string | undefined
  let least = Math.max(2, Math.floor(wanted.length / 3)) + 1
  for (const candidate of candidates) {
    const steps = distance(wanted, plain(candidate))
    if (steps < least && steps < Math.max(wanted.length, 1)) {
      least = steps
      best = candidate
    }
  }
  return best
}

/** `; did you mean …?` or nothing, to put at the end of a message. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const found = nearest(name, candidates)
  return found === undefined ? '' : `; did you mean \`${found}\`?`
}

const plain = (name: string) => name.toLowerCase().replace(/[-_.:]/g, '')

/** Letters to insert, remove, replace or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let steps = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) steps = Math.min(steps, beforeLast[j - 2]! + 1)
      row.push(steps)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
