import { probeFor, readableStack, type Whereabouts } from './stack.js'

/** What is asked of a process, and whether its inspector should be closed after the answer. */
export interface Question {
  /** The process that is meant; another one that answers is not listened to. */
  readonly pid: number
  /** Something to evaluate at the same moment; must yield plain JSON. */
  readonly expression?: string | undefined
  readonly close: boolean
}

/** Bytes that an answer may have. */
const LARGEST_ANSWER = 2 ** 20

const PROBE_ID = 1
const CLOSE_ID = 2

/**
 * Closes the inspector from within, as nobody can do from outside. Node has put the port that it found
 * in place of the 0; it might be taken the next time.
 */
const closeFor = (pid: number): string => `if (process.pid === ${pid}) {
  process.getBuiltinModule('node:inspector').close()
  process.debugPort = 0
}`

/**
 * Asks the process behind an inspector where it is. Resolves when the session is over, with
 * undefined if there was no answer; until then, as long as the process does not look. Never rejects.
 *
 * The debugger stays off: nothing is paused and no breakpoint is set, so there is nothing that an
 * interrupted session could leave behind. Node evaluates what an inspector is told to even in the
 * midst of a loop, a regular expression or an `Atomics.wait`.
 */
export async function askInspector(url: string, question: Question): Promise<Whereabouts | undefined> {
  // Rarely needed, so it is not loaded before.
  const { WebSocket } = await import('ws')
  return new Promise((resolve) => {
    let answer: Whereabouts | undefined
    const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: LARGEST_ANSWER })
    const evaluate = (id: number, expression: string) => {
      const params = { expression, returnByValue: true }
      socket.send(JSON.stringify({ id, method: 'Runtime.evaluate', params }))
    }
    socket.on('open', () => evaluate(PROBE_ID, probeFor(question.expression)))
    socket.on('message', (data) => {
      const { id, value } = replyIn(data)
      if (id === PROBE_ID) answer = answerIn(value, question.pid)
      // The end of the session is the inspector's own; the reply to that means that it is not closed.
      if (id === PROBE_ID && question.close) evaluate(CLOSE_ID, closeFor(question.pid))
      else socket.close()
    })
    // `close` follows.
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
}

/** The id of a reply, and what was evaluated, if that went well. */
function replyIn(data: Buffer): { readonly id: unknown; readonly value: unknown } {
  const reply = jsonIn(data)
  const result = memberOf(memberOf(reply, 'result'), 'result')
  return { id: memberOf(reply, 'id'), value: memberOf(result, 'value') }
}

/** It is the process's word only that an inspector listens there. */
function jsonIn(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString())
  } catch {
    return undefined
  }
}

function answerIn(value: unknown, pid: number): Whereabouts | undefined {
  const stack = memberOf(value, 'stack')
  if (typeof stack !== 'string' || memberOf(value, 'pid') !== pid) return undefined
  return { stack: readableStack(stack), value: memberOf(value, 'value') }
}

const memberOf = (thing: unknown, name: string): unknown =>
  typeof thing === 'object' && thing !== null ? (thing as Record<string, unknown>)[name] : undefined
