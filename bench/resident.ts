import { setTimeout as sleep } from 'node:timers/promises'
import pidusage from 'pidusage'

/** Milliseconds between two looks. */
const EVERY = 250

/** Resident memory of a process in units of 2^20 bytes; undefined when it is gone. */
export async function residentMegabytes(pid: number): Promise<number | undefined> {
  try {
    return (await pidusage(pid)).memory / 2 ** 20
  } catch {
    return undefined
  }
}

/** Looks at a process until it is gone. The first look is at once, so there is one at least. */
export async function watchMemory(pid: number): Promise<readonly number[]> {
  const seen: number[] = []
  for (;;) {
    const megabytes = await residentMegabytes(pid)
    // A process that has ended and was not yet waited for has no memory.
    if (!megabytes) return seen
    seen.push(megabytes)
    await sleep(EVERY)
  }
}
