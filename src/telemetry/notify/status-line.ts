import type { Pulse } from '../../model/pulse.js'

/** A pulse, and when it was taken: milliseconds on a clock that never goes back. */
export interface Look {
  readonly pulse: Pulse
  readonly at: number
}

/** systemd takes no message over 4 KiB, and shows one line. */
const LONGEST = 300

/** How the pipeline is, in one line, for `systemctl status`. */
export function statusLine(before: Look | undefined, { pulse, at }: Look): string {
  const { state, reason, read, settled, inFlight } = pulse
  const why = reason === null ? '' : ` (${reason.replaceAll(/\s+/g, ' ').slice(0, LONGEST)})`
  const elapsed = before ? at - before.at : 0
  const rate = before && elapsed > 0 ? Math.round(((settled - before.pulse.settled) * 1000) / elapsed) : 0
  return `${state}${why}: ${settled} of ${read} read records settled, ${inFlight} in flight, ${rate}/s`
}
