import { spansOfPairs } from '../model/pairs.js'
import { widthOf } from '../model/span.js'
import type { Outbox } from './outbox.js'

/**
 * What has finished, and is in order, cut where places are missing: each part one unbroken run.
 * Failures leave gaps behind and take no part in the order; they go with the first.
 */
export function runsOf(outbox: Outbox): Outbox[] {
  const { places } = outbox
  let next = 0
  let dropped = outbox.dropped
  const runs = [...spansOfPairs(outbox.done)].map((span) => {
    const indexes: number[] = []
    while (next < places.length && places.at(next)! < span.to) indexes.push(next++)
    const run = outbox.pick(indexes, [span.from, span.to])
    // Whoever has no result was dropped, but where none are delivered: there only the sum counts.
    run.dropped = Math.min(dropped, widthOf(span) - new Set(run.places.list()).size)
    dropped -= run.dropped
    return run
  })
  for (const failure of outbox.failures) runs[0]?.addFailure(failure)
  return runs
}
