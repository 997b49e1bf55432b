import { fateOf } from '../behaviour.js'
import { type Check, none, type Observed } from './observed.js'
import { unluckyOf } from './unlucky.js'

/** How often each result is in the output, by record and part. */
export type Copies = ReadonlyMap<number, readonly number[]>

function copiesOf({ deliveries }: Pick<Observed, 'deliveries'>): Copies {
  const copies = new Map<number, number[]>()
  for (const { number, part } of deliveries) {
    const parts = copies.get(number) ?? []
    parts[part] = (parts[part] ?? 0) + 1
    copies.set(number, parts)
  }
  return copies
}

const wanted = ({ plan }: Observed, number: number): number => {
  const fate = fateOf(plan, number)
  return fate.kind === 'delivered' ? fate.results : 0
}

/** Every result that should be there is. */
export function nothingLost(observed: Observed): Check {
  const copies = copiesOf(observed)
  const unlucky = new Set(unluckyOf(observed).map(({ number }) => number))
  const missing: string[] = []
  let results = 0
  for (let number = 0; number < observed.scenario.records; number++) {
    for (let part = 0; part < wanted(observed, number); part++) {
      results++
      if (!copies.get(number)?.[part] && !unlucky.has(number)) missing.push(`${number}.${part}`)
    }
  }
  return none('nothing is lost', missing, `${results} results of ${observed.scenario.records} records`)
}

/** Nothing else is there: no results of records that were dropped or given up, and no broken lines. */
export function nothingInvented(observed: Observed): Check {
  const cases = [...observed.strange]
  for (const [number, parts] of copiesOf(observed)) {
    const most = wanted(observed, number)
    if (parts.length > most) cases.push(`${number} has ${parts.length} results instead of ${most}`)
  }
  return none('nothing is made up', cases, `${observed.deliveries.length} lines of output`)
}

/** In a file, everything is there once. */
export function exactlyOnce(observed: Observed): Check {
  const cases = [...copiesOf(observed)].flatMap(([number, parts]) =>
    parts.flatMap((copies, part) => (copies > 1 ? [`${number}.${part} is there ${copies} times`] : [])),
  )
  return none('the file has everything once', cases, 'no result twice')
}
