import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { NatsTransport } from '../src/config/config.js'

const finder = fileURLToPath(new URL('../scripts/nats-server.sh', import.meta.url))

/** The path of a nats-server, or why there is none: the reason to skip a test with. */
export async function findNatsServer(): Promise<{ readonly path: string } | { readonly missing: string }> {
  try {
    const { stdout } = await promisify(execFile)('bash', [finder])
    return { path: stdout.trim() }
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    return { missing: stderr.trim().split('\n').at(-1) ?? 'no nats-server' }
  }
}

export interface NatsServerOptions {
  readonly jetStream?: boolean
  /** Bytes of the largest message that the server takes. */
  readonly maxPayload?: number
  /** The only subject that a user without a name may use. */
  readonly allowed?: string
  readonly user?: string
  readonly password?: string
}

/** A real nats-server on a free loopback port, with a store of its own that outlives a restart. */
export class NatsServer {
  readonly #path: string
  readonly #folder: string
  readonly #port: number
  #process: ChildProcess | undefined

  private constructor(path: string, folder: string, port: number) {
    this.#path = path
    this.#folder = folder
    this.#port = port
  }

  /** Resolves when the server accepts connections. */
  static async start(path: string, options: NatsServerOptions = {}): Promise<NatsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-nats-'))
    const port = await freePort()
    const { jetStream = true, maxPayload, allowed, user, password } = options
    await writeFile(
      join(folder, 'server.conf'),
      [
        `listen: "127.0.0.1:${port}"`,
        jetStream ? `jetstream { store_dir: "${join(folder, 'store')}" }` : '',
        maxPayload ? `max_payload: ${maxPayload}` : '',
        allowed
          ? `no_auth_user: guest\nauthorization { users: [{ user: guest, password: guest, permissions: { publish: "${allowed}", subscribe: "${allowed}" } }] }`
          : '',
        user ? `authorization { user: "${user}", password: "${password}" }` : '',
      ].join('\n'),
    )
    const server = new NatsServer(path, folder, port)
    await server.resume()
    return server
  }

  get transport(): NatsTransport {
    return { kind: 'nats', servers: [`127.0.0.1:${this.#port}`] }
  }

  /** Kills the server as a crash would; its port and store are kept. */
  async kill(): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Starts the server (again), on the same port and store. */
  async resume(): Promise<void> {
    const child = spawn(this.#path, ['-c', join(this.#folder, 'server.conf')], { stdio: 'ignore' })
    this.#process = child
    while (!(await accepts(this.#port))) {
      if (child.exitCode !== null) throw new Error(`nats-server exited with ${child.exitCode}`)
      await sleep(20)
    }
  }

  /** Kills the server and removes its store. */
  async end(): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
