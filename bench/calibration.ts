import { runProgram } from './programs.js'
import type { Surroundings } from './surroundings.js'

/** The variable `BENCH_TURNS` for handlers that compute for a millisecond: a fixed amount of work, so that a core that is shared shows. */
export async function turnsOfAMillisecond({ processes }: Surroundings): Promise<string> {
  const { turns } = await runProgram(processes, 'calibrate.mjs')
  return String(turns)
}
