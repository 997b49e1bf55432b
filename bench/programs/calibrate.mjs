import { now, report } from './job.mjs'
import { turn } from './turn.mjs'

/** Tells how many turns one millisecond of an idle core is: the most of several tries, since whatever disturbs only slows. */
const STEPS = 50_000_000
let most = 0
for (let attempt = 0; attempt < 5; attempt++) {
  const begun = now()
  turn(STEPS, attempt)
  most = Math.max(most, STEPS / (now() - begun))
}
report({ turns: Math.round(most) })
