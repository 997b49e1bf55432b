import { labelOf } from '../misfortune.js'
import { type Check, fallen, type Observed } from './observed.js'

/** Misfortunes that prove nothing about a pipeline which has nothing in flight. */
const isBlow = (label: string) => /^(kill|stop|drain)/.test(label)

/** A schedule proves something only if at least half of its blows fell while records were in flight. */
export function fellInFlight(observed: Observed): Check {
  const blows = fallen(observed, (misfortune) => isBlow(labelOf(misfortune)))
  const inFlight = blows.filter((blow) => (blow.inFlight ?? 0) > 0).length
  const planned = observed.scenario.misfortunes.length
  const fell = fallen(observed, () => true).length
  return {
    name: 'the misfortunes fell while records were in flight',
    ok: fell >= planned / 2 && inFlight >= blows.length / 2,
    detail: `${fell} of ${planned} fell, and of ${blows.length} kills, stops and drains ${inFlight} while records were in flight`,
  }
}
