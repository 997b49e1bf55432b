import type { WorkerContext } from 'millrace'

/**
 * Called with each record, here a line of input.txt, in any of the worker processes. What it returns, or
 * what its promise resolves to, is the result. `ctx` has `id`, `attempt`, a logger `log`, and more.
 *
 * - Drop: `return ctx.drop` for no result. To return nothing at all is an error.
 * - Retry: what throws is tried again after a while, and in the end put aside with its cause, as a dead
 *   letter: see `npx millrace dead list`.
 * - Batch: with `export const batch = { size: 500, within: '50ms' }` beside it, it is called with an
 *   array of records, and returns an array of as many results.
 */
export default (line: string, ctx: WorkerContext) => {
  if (line.startsWith('#')) return ctx.drop
  const [place, reading] = line.split(' ')
  const celsius = Number(reading)
  if (Number.isNaN(celsius)) throw new Error(`there is no temperature in '${line}'`)
  return { place, celsius, fahrenheit: (celsius * 9) / 5 + 32 }
}
