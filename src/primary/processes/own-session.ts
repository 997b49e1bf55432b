import type { Session } from './session.js'

/** A session of this process with itself, without a port. */
export async function ownSession(): Promise<Session> {
  const inspector = await import('node:inspector')
  const session = new inspector.Session()
  session.connect()
  let isOpen = true
  return {
    call: (method, params = {}) =>
      new Promise((resolve, reject) => {
        session.post(method, params, (error, result) => {
          if (error) reject(error)
          else resolve(Buffer.from(JSON.stringify(result)))
        })
      }),
    // Who asks ends with it.
    leaving: new Promise(() => {}),
    get isOpen() {
      return isOpen
    },
    close: () => {
      isOpen = false
      session.disconnect()
    },
  }
}
