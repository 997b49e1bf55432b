import { accountAddsUp } from './account.js'
import { lettersAsExpected } from './letters.js'
import { endsAreOurDoing, memoryBounded, nobodyLeft } from './lives.js'
import type { Check, Observed } from './observed.js'
import { orderKept } from './order.js'
import { fellInFlight } from './proof.js'
import { checkpointsRespected, idsStable, redeliveryBounded, sendersApart } from './redelivery.js'
import { exactlyOnce, nothingInvented, nothingLost } from './results.js'

/** Everything that must hold when a trial is over. Pure: the same observations get the same verdict. */
export function judge(observed: Observed): readonly Check[] {
  const sink =
    observed.scenario.sink === 'file'
      ? [exactlyOnce]
      : [redeliveryBounded, checkpointsRespected, sendersApart, idsStable]
  const checks = [
    nothingLost,
    nothingInvented,
    ...sink,
    orderKept,
    lettersAsExpected,
    accountAddsUp,
    endsAreOurDoing,
    nobodyLeft,
    memoryBounded,
    fellInFlight,
  ]
  return [cameToItsEnd(observed), ...checks.map((check) => check(observed))]
}

const howItEnded = {
  finished: 'the stream came to its end',
  stuck: 'nothing was settled for a minute',
  outOfTime: 'it moves, but takes far longer than it should',
  interrupted: 'somebody interrupted it',
} as const

const cameToItsEnd = ({ end, lastWords }: Observed): Check => ({
  name: 'it never hangs',
  ok: end === 'finished',
  detail: end === 'finished' ? howItEnded[end] : `${howItEnded[end]}; ${lastWords}`,
})
