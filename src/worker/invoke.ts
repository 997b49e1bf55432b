import type { RecordContext } from './context.js'
import type { Handler } from './user-module.js'

/**
 * Calls a handler as what it is to us: any function.
 *
 * Where V8 has only ever seen one function called, it may compile that function's code into the
 * caller's. A handler that computed for a millisecond in a loop took 1.6 times as long inside of ours,
 * and what V8 guesses wrong about a handler would throw our code away with it. A call at which it has
 * seen {@link others} is left a call, and costs no more than that.
 */
export const invoke = (handler: Handler, value: unknown, context: RecordContext): unknown =>
  handler(value, context)

/** To be called now and then, since V8 begins to watch late, and begins again. */
export function others(): void {
  invoke(nothing, undefined, noContext)
  invoke(something, undefined, noContext)
}

const noContext = undefined as never
const nothing = () => undefined
const something = () => 1
