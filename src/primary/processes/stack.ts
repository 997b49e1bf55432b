import { evaluate, memberOf, type Session } from './session.js'

/** What a process is doing at one moment. */
export interface Whereabouts {
  /**
   * The frames as text, the innermost first, as in an Error's stack without its first line; at most
   * 30. Those inside of Node are left out as long as others remain. Empty when no JavaScript runs,
   * because the process waits for something to happen.
   */
  readonly stack: string
  /** What the expression that was asked for was in the process at that moment; plain JSON. */
  readonly value?: unknown
}

/** Frames that are worth reading. */
const MOST_FRAMES = 30

/** Frames that are asked for, so that enough are left without those of Node. */
const FRAMES_ASKED = 100

/**
 * Node calls this when it opens its inspector, and a module may have put its own in its place: it is
 * not what the process was doing.
 */
const EMIT = /^\s+at #?process\.emit /

/** A frame inside of Node. */
const NODES = /(?:\(| at (?:async )?)node:/

/** The probe's name in the frames. */
const PROBE = 'millrace-whereabouts'

/**
 * A script to run in the midst of whatever a process does: an Error made there has the frames of what
 * was interrupted below its own. Where Node knows source maps, they are already applied.
 *
 * Whatever a module has done to `Error` is put aside for the moment, so that none of its code runs
 * and no stack is cut short.
 */
export const probeFor = (expression = 'undefined'): string => `(() => {
  const { stackTraceLimit, prepareStackTrace } = Error
  Error.stackTraceLimit = ${FRAMES_ASKED}
  Error.prepareStackTrace = undefined
  let stack
  try {
    stack = new Error().stack
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    Error.prepareStackTrace = prepareStackTrace
  }
  let value
  try {
    value = (${expression})
  } catch {}
  return { stack, value }
})()
//# sourceURL=${PROBE}`

/**
 * Asks a process where it is; undefined when it cannot say so. The debugger stays off: nothing is
 * paused and no breakpoint is set, so there is nothing that an interrupted session could leave
 * behind. Node evaluates what an inspector is told to even in the midst of a loop, a regular
 * expression or an `Atomics.wait`.
 */
export async function askWhereabouts(
  session: Session,
  expression?: string,
): Promise<Whereabouts | undefined> {
  const found = await evaluate(session, probeFor(expression))
  const stack = memberOf(found, 'stack')
  if (typeof stack !== 'string') return undefined
  return { stack: readableStack(stack), value: memberOf(found, 'value') }
}

/** Makes of the stack that the probe found the one that tells people something. */
export function readableStack(raw: string): string {
  const frames = raw.split('\n').filter((line) => /^\s+at /.test(line) && !line.includes(PROBE))
  const interrupted = frames.slice(framesOfOpening(frames))
  const outsideNode = interrupted.filter((frame) => !NODES.test(frame))
  return (outsideNode.length > 0 ? outsideNode : interrupted).slice(0, MOST_FRAMES).join('\n')
}

/** How many frames stand above what was interrupted: calls of `process.emit`, and what of Node these call. */
function framesOfOpening(frames: readonly string[]): number {
  let opening = 0
  for (let at = 0; at < frames.length; at++) {
    if (EMIT.test(frames[at]!)) opening = at + 1
    else if (!NODES.test(frames[at]!)) break
  }
  return opening
}
