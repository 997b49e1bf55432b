import { joinSpans, type Span, widthOf } from '../model/span.js'
import type { Outbox } from './outbox.js'

/**
 * What has finished, cut where places are missing: by ascending places, each part one unbroken run
 * with its results in order. Failures leave gaps behind and take no part in the order; they go
 * with the first.
 */
export function runsOf(outbox: Outbox): Outbox[] {
  const { places } = outbox
  const byPlace = places.map((_, index) => index).sort((a, b) => places[a]! - places[b]!)
  let next = 0
  let dropped = outbox.dropped
  const runs = runsIn(outbox.done).map((span) => {
    const first = next
    while (next < byPlace.length && places[byPlace[next]!]! < span.to) next++
    const run = outbox.pick(byPlace.slice(first, next))
    run.done.push(span.from, span.to)
    run.finished = widthOf(span)
    // Whoever has no result was dropped, but where none are delivered: there only the sum counts.
    run.dropped = Math.min(dropped, run.finished - new Set(run.places).size)
    dropped -= run.dropped
    return run
  })
  runs[0]?.failures.push(...outbox.failures)
  return runs
}

function runsIn(done: readonly number[]): Span[] {
  const spans: Span[] = []
  for (let i = 0; i < done.length; i += 2) spans.push({ from: done[i]!, to: done[i + 1]! })
  return joinSpans(spans.sort((a, b) => a.from - b.from))
}
