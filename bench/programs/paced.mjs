import { setTimeout as sleep } from 'node:timers/promises'
import { now } from './job.mjs'

/**
 * One record for each millisecond that has passed, each stamped when it is handed over. A timer that
 * is late makes several records due at once; that is the source's lateness, and in no latency.
 */
export async function* paced(records) {
  const begun = now()
  for (let sent = 0; sent < records; await sleep(1)) {
    const due = Math.min(records, Math.floor(now() - begun) + 1)
    for (; sent < due; sent++) yield now()
  }
}
