import { execFile } from 'node:child_process'
import { messageOf } from '../../errors.js'

/** A way to say something to systemd. */
export interface NotifySocket {
  /** Says assignments, such as `READY=1`, in one message. Messages arrive in the order they were sent. */
  send(assignments: readonly string[]): void
  /** Why the last message did not arrive; undefined when it did, or nothing is known yet. */
  readonly trouble: string | undefined
  /** Resolves when everything is out, or can never be. */
  close(): Promise<void>
}

interface Way {
  /** Rejects when the message did not arrive. */
  send(assignments: readonly string[]): Promise<void>
  close(): void
}

/** Milliseconds that a message may take. */
const PATIENCE_MS = 5000

/**
 * Opens the way to the socket that systemd has named in `NOTIFY_SOCKET`: datagrams by the optional
 * package node-unix-socket, or else the command `systemd-notify`, a process for each message. (Node
 * itself speaks only streams on unix sockets.)
 *
 * @param address a path; or `@` and a name that is in no file system, which only the command can reach
 */
export async function openNotifySocket(address: string): Promise<NotifySocket> {
  let way = address.startsWith('/') ? await byDatagram(address) : undefined
  let trouble: string | undefined
  let last = Promise.resolve()
  const deliver = async (assignments: readonly string[]) => {
    if (way) {
      try {
        return await way.send(assignments)
      } catch {
        way.close()
        way = undefined
      }
    }
    await byCommand(address, assignments)
  }
  const attempt = async (assignments: readonly string[]) => {
    try {
      await deliver(assignments)
      trouble = undefined
    } catch (error) {
      trouble = messageOf(error)
    }
  }
  return {
    send: (assignments) => {
      last = last.then(() => attempt(assignments))
    },
    get trouble() {
      return trouble
    },
    close: async () => {
      await last
      way?.close()
    },
  }
}

/** Undefined when the package is not there, or not for this platform. */
async function byDatagram(address: string): Promise<Way | undefined> {
  try {
    const { DgramSocket } = await import('node-unix-socket')
    const socket = new DgramSocket()
    // A send that fails is told to its sender as well.
    socket.on('error', () => {})
    return {
      send: (assignments) =>
        new Promise((resolve, reject) => {
          const message = Buffer.from(assignments.join('\n'))
          socket.sendTo(message, 0, message.length, address, (error) => (error ? reject(error) : resolve()))
        }),
      close: () => socket.close(),
    }
  } catch {
    return undefined
  }
}

/**
 * It sends from a process of its own, which systemd heeds only with `NotifyAccess=all`; and it waits
 * until systemd has read the message, or that could not tell any more whose process it was.
 */
const byCommand = (address: string, assignments: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const options = { env: { ...process.env, NOTIFY_SOCKET: address }, timeout: PATIENCE_MS }
    execFile('systemd-notify', [...assignments], options, (error) => (error ? reject(error) : resolve()))
  })
