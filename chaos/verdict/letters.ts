import { fateOf } from '../behaviour.js'
import { type Check, none, type Observed } from './observed.js'
import { mostUnlucky, unluckyOf } from './unlucky.js'

/** Given up are those records that must be, and a few that had bad luck: no more than misfortunes explain. */
export function lettersAsExpected(observed: Observed): Check {
  const { plan, letters, scenario } = observed
  const given = new Set(letters.map(({ number }) => number))
  const unlucky = new Set(unluckyOf(observed).map(({ number }) => number))
  const cases: string[] = []
  let expected = 0
  for (let number = 0; number < scenario.records; number++) {
    if (fateOf(plan, number).kind !== 'deadLettered') continue
    expected++
    if (!given.has(number)) cases.push(`${number} is not there`)
  }
  for (const { number, cause } of letters) {
    if (fateOf(plan, number).kind === 'deadLettered' || unlucky.has(number)) continue
    cases.push(`${number} (${plan.get(number) ?? 'fine'}) should not be there: ${cause.slice(0, 120)}`)
  }
  const most = mostUnlucky(observed)
  if (unlucky.size > most) cases.push(`${unlucky.size} were killed from outside, and ${most} can be`)
  return none('the dead letters are those expected', cases, `${expected}, and ${unlucky.size} of bad luck`)
}
