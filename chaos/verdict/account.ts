import { fateOf } from '../behaviour.js'
import { eventsOf, summaryOf } from '../life.js'
import { type Check, none, type Observed } from './observed.js'
import { unluckyOf } from './unlucky.js'

type Account = Readonly<Record<'read' | 'delivered' | 'dropped' | 'deadLettered' | 'returned', number>>

/** The account of every primary that came to an end of its own adds up, and the last one's total is right. */
export function accountAddsUp(observed: Observed): Check {
  const cases = observed.lives.flatMap((life) => {
    const summary = summaryOf(life) as Account | undefined
    return summary && !addsUp(summary) ? [`primary ${life.number}: ${textOf(summary)}`] : []
  })
  const last = observed.lives.findLast((life) => summaryOf(life))
  const total = last && (summaryOf(last)?.total as Account | undefined)
  if (total) cases.push(...wrongIn(total, observed))
  else cases.push('no primary has given an account')
  const accounts = observed.lives.filter((life) => eventsOf(life, 'finished').length > 0).length
  return none(
    'every account adds up',
    cases,
    `${accounts} accounts, in total ${total ? textOf(total) : 'nothing'}`,
  )
}

const addsUp = ({ read, delivered, dropped, deadLettered, returned }: Account): boolean =>
  read === delivered + dropped + deadLettered + returned

/** A record of bad luck may be delivered, dropped or given up: as it was first settled. */
function wrongIn(total: Account, observed: Observed): string[] {
  const { plan, scenario } = observed
  const want = { delivered: 0, dropped: 0, deadLettered: 0 }
  for (let number = 0; number < scenario.records; number++) want[fateOf(plan, number).kind]++
  const slack = new Set(unluckyOf(observed).map(({ number }) => number)).size
  const off = (['delivered', 'dropped', 'deadLettered'] as const).filter(
    (name) => Math.abs(total[name] - want[name]) > slack,
  )
  const cases = off.map((name) => `${name} ${total[name]} instead of ${want[name]}`)
  if (total.read !== scenario.records) cases.push(`read ${total.read} of ${scenario.records}`)
  if (!addsUp(total)) cases.push(`the total does not add up: ${textOf(total)}`)
  return cases
}

const textOf = ({ read, delivered, dropped, deadLettered, returned }: Account): string =>
  `read ${read} = delivered ${delivered} + dropped ${dropped} + dead-lettered ${deadLettered} + returned ${returned}`
