import type { Checkpoint } from '../../src/primary/state/checkpoint.js'
import { eventsOf, type Life } from '../life.js'
import { type Check, type Delivery, none, type Observed } from './observed.js'

/*
 * What may be in the log twice. Two copies of a result come from two senders, and
 *
 *   - of one primary: then the first sender died with the result in hand, unconfirmed, and the
 *     primary counted those (`returned` of its exit);
 *   - of two primaries: then the result was not settled in the checkpoint that the second one began with.
 */

/** Which primary a sender belonged to, and with how many results in hand it died. */
interface Sender {
  readonly life: Life
  readonly returned: number | undefined
}

type Senders = ReadonlyMap<number, Sender>

export function redeliveryBounded(observed: Observed): Check {
  const senders = sendersOf(observed.lives)
  const cases: string[] = []
  const perDeath = new Map<number, number>()
  let twice = 0
  for (const [first, second] of repeatsIn(observed.deliveries)) {
    twice++
    const result = `${second.number}.${second.part}`
    const [one, other] = [first.by!.sender, second.by!.sender]
    const [before, after] = [senders.get(one), senders.get(other)]
    if (one === other) cases.push(`${result} twice by one sender`)
    else if (!before || !after) cases.push(`${result} by a sender that nobody started`)
    else if (before.life === after.life) perDeath.set(one, (perDeath.get(one) ?? 0) + 1)
  }
  for (const [pid, count] of perDeath) {
    const { returned = 0 } = senders.get(pid)!
    if (count > returned) cases.push(`${count} of a sender that had ${returned} in hand when it died`)
  }
  return none('redelivered is only what was in a dead sender’s hands', cases, `${twice} results twice`)
}

/** Whatever a checkpoint has settled, no later primary delivers. */
export function checkpointsRespected(observed: Observed): Check {
  const senders = sendersOf(observed.lives)
  const cases = observed.deliveries.flatMap(({ by, number, part }) => {
    const life = by && senders.get(by.sender)?.life
    const checkpoint = life && observed.checkpoints.get(life.number)
    return checkpoint && isSettled(checkpoint, number)
      ? [`${number}.${part} by primary ${life.number}, though settled in its checkpoint`]
      : []
  })
  return none(
    'nothing is delivered that the checkpoint had settled',
    cases,
    `${observed.checkpoints.size} resumptions`,
  )
}

/** A sender of a dead primary must be gone before the next one’s delivers. */
export function sendersApart({ deliveries }: Observed): Check {
  const over = new Set<number>()
  const cases: string[] = []
  let now: number | undefined
  for (const { by, number } of deliveries) {
    if (!by || by.sender === now) continue
    if (over.has(by.sender)) cases.push(`at record ${number}`)
    if (now !== undefined) over.add(now)
    now = by.sender
  }
  return none('no two senders deliver at once', cases, `${over.size + 1} senders one after another`)
}

/** Ids are stable over retries and restarts, and no two results share one. */
export function idsStable({ deliveries }: Observed): Check {
  const idOf = new Map<string, string>()
  const cases: string[] = []
  for (const { by, number, part } of deliveries) {
    if (!by) continue
    const result = `${number}.${part}`
    const known = idOf.get(result) ?? by.id
    idOf.set(result, known)
    if (known !== by.id) cases.push(`${result} is ${known} and ${by.id}`)
  }
  const ids = new Set(idOf.values()).size
  if (ids < idOf.size) cases.push(`${idOf.size} results have ${ids} ids`)
  return none('a result has one id of its own, whatever happens', cases, `${ids} ids`)
}

/** Each later copy of a result, with the copy before it. */
function* repeatsIn(deliveries: readonly Delivery[]): Generator<readonly [Delivery, Delivery]> {
  const last = new Map<string, Delivery>()
  for (const delivery of deliveries) {
    const result = `${delivery.number}.${delivery.part}`
    const before = last.get(result)
    if (before) yield [before, delivery]
    last.set(result, delivery)
  }
}

function sendersOf(lives: readonly Life[]): Senders {
  const senders = new Map<number, Sender>()
  for (const life of lives) {
    for (const { child, childPid: pid } of eventsOf(life, 'processStarted')) {
      if (child !== 'sender') continue
      const exit = eventsOf(life, 'processExited').find(({ childPid }) => childPid === pid)
      senders.set(Number(pid), { life, returned: exit && Number(exit.returned) })
    }
  }
  return senders
}

function isSettled({ place, settledBeyond }: Checkpoint, number: number): boolean {
  if (number < place) return true
  for (let i = 0; i < settledBeyond.length; i += 2) {
    if (number >= settledBeyond[i]! && number < settledBeyond[i + 1]!) return true
  }
  return false
}
