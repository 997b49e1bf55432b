import { type Check, type Delivery, none, type Observed } from './observed.js'

/**
 * Results are in order: all of them, or those of each key. What is there a second time, because a
 * sender or the primary was killed, stands behind its first copy and is passed over.
 */
export function orderKept({ scenario, deliveries }: Observed): Check {
  const { order, keys } = scenario
  if (order === 'none') return { name: 'order', ok: true, detail: 'none was asked for' }
  const laneOf = ({ number }: Delivery) => (order === 'key' ? number % keys : 0)
  const last = new Map<number, Delivery>()
  const seen = new Set<string>()
  const cases: string[] = []
  for (const delivery of deliveries) {
    const result = `${delivery.number}.${delivery.part}`
    if (seen.has(result)) continue
    seen.add(result)
    const lane = laneOf(delivery)
    const before = last.get(lane)
    if (before && !follows(before, delivery)) cases.push(`${result} after ${before.number}.${before.part}`)
    last.set(lane, delivery)
  }
  const what = order === 'key' ? 'the order of each key is kept' : 'the order of the input is kept'
  return none(what, cases, order === 'key' ? `${last.size} keys` : `${seen.size} results`)
}

const follows = (before: Delivery, after: Delivery): boolean =>
  after.number === before.number ? after.part > before.part : after.number > before.number
