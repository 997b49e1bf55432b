/**
 * What is said to an inspector, in its own words: methods such as `Profiler.start`, and what came of them.
 *
 * Answers are the bytes of JSON and not what they mean: a profile is passed on without being read.
 */
export interface Session {
  /** Resolves with the `result` of the reply; rejects when there is none, as when the process is gone. */
  call(method: string, params?: object): Promise<Buffer>
  /** Resolves when the process has come to its end, and waits for this session to end if it still can. Never rejects. */
  readonly leaving: Promise<void>
  /** Whether anything can still be asked. */
  readonly isOpen: boolean
  close(): void
}

/** Bytes that one answer may have, of which a large profile has the most. */
const LARGEST_ANSWER = 64 * 2 ** 20

/** An inspector begins each message so: with the number of the question, or with a method when nobody asked. */
const HEAD = /^\{(?:"id":(\d+),"(result|error)":|"method":"([\w.]+)")/

/** What a process that was told of {@link Session.leaving} says. */
const WAITS = 'NodeRuntime.waitingForDisconnect'

/** Which reply, and what of it; by the first bytes alone. */
const LONGEST_HEAD = 128

interface Asked {
  resolve(result: Buffer): void
  reject(error: Error): void
}

/** Opens a session with the inspector that listens at a url. Rejects when nobody answers there. */
export async function openSession(url: string): Promise<Session> {
  // Rarely needed, so it is not loaded before.
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: LARGEST_ANSWER })
  const asked = new Map<number, Asked>()
  let lastId = 0
  let isOpen = true
  let why = 'its inspector is gone'
  let leaves: () => void = () => {}
  const leaving = new Promise<void>((resolve) => {
    leaves = resolve
  })
  socket.on('message', (data) => {
    const [head, id, kind, method] = HEAD.exec(data.toString('latin1', 0, LONGEST_HEAD)) ?? []
    // It is the process's word only that an inspector listens there.
    if (head === undefined) socket.close()
    if (method === WAITS) leaves()
    const question = asked.get(Number(id))
    if (!question) return
    asked.delete(Number(id))
    const content = data.subarray(head!.length, -1)
    if (kind === 'result') question.resolve(content)
    else question.reject(new Error(`its inspector refused: ${content.toString('utf8', 0, 200)}`))
  })
  const session: Session = {
    call: (method, params = {}) =>
      new Promise((resolve, reject) => {
        if (!isOpen) {
          reject(new Error(why))
          return
        }
        const id = ++lastId
        asked.set(id, { resolve, reject })
        socket.send(JSON.stringify({ id, method, params }))
      }),
    leaving,
    get isOpen() {
      return isOpen
    },
    close: () => socket.close(),
  }
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(session))
    socket.on('error', ({ message }) => {
      why = message
      // After an answer that was too large, the other end would be waited for.
      socket.terminate()
    })
    socket.on('close', () => {
      isOpen = false
      leaves()
      reject(new Error(why))
      for (const question of asked.values()) question.reject(new Error(why))
      asked.clear()
    })
  })
}

/** What an expression is in the process, even in the midst of a loop; undefined if it throws or is no plain JSON. */
export async function evaluate(session: Session, expression: string): Promise<unknown> {
  const reply: unknown = JSON.parse(
    (await session.call('Runtime.evaluate', { expression, returnByValue: true })).toString(),
  )
  return memberOf(memberOf(reply, 'result'), 'value')
}

export const memberOf = (thing: unknown, name: string): unknown =>
  typeof thing === 'object' && thing !== null ? (thing as Record<string, unknown>)[name] : undefined
