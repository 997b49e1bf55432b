import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually, isRunning } from '../processes.js'

const finder = fileURLToPath(new URL('../../scripts/systemd.sh', import.meta.url))
const becomes = fileURLToPath(new URL('private-systemd.sh', import.meta.url))
const execute = promisify(execFile)

/** Milliseconds; nothing here takes a tenth of it unless it never comes. */
const PATIENCE = 60_000

/** What a command printed, and how it ended. */
export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A systemd that runs a user's services: one of its own for the tests, or that of the session they run in. */
export interface Systemd {
  /** Runs a command where `systemctl --user` means it. Never rejects. */
  run(command: string, ...args: readonly string[]): Promise<Said>
  /** Where units of the user's own are. */
  readonly units: string
  /** Ends it, if it is the tests' own. */
  end(): Promise<void>
}

/** A real systemd, or why there is none: the reason to skip a test with. */
export async function findSystemd(home: string): Promise<Systemd | { readonly missing: string }> {
  if (process.getuid?.() === 0) return await privateSystemd(home)
  if ((await inSession.run('systemctl', '--user', 'show-environment')).code === 0) return inSession
  return { missing: 'no session of systemd runs for this user, and starting one needs root' }
}

const said = async (command: string, args: readonly string[]): Promise<Said> => {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  const code = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(127))
    child.once('close', (code) => resolve(code ?? 1))
  })
  const [stdout, stderr] = await output
  return { code, stdout, stderr }
}

const inSession: Systemd = {
  run: (command, ...args) => said(command, args),
  units: join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'systemd', 'user'),
  end: async () => {},
}

async function privateSystemd(home: string): Promise<Systemd | { readonly missing: string }> {
  const path = await execute('bash', [finder]).catch((error: { readonly stderr?: string }) => error)
  if (!('stdout' in path)) return { missing: path.stderr?.trim().split('\n').at(-1) ?? 'no systemd' }
  const args = ['--mount', '--propagation', 'private', becomes, path.stdout.trim(), home]
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const systemd = new PrivateSystemd(child, home)
  if (await systemd.ready()) return systemd
  await systemd.end()
  return { missing: `systemd does not run in a mount namespace: ${systemd.log.trim().split('\n').at(-1)}` }
}

class PrivateSystemd implements Systemd {
  /** What it has said so far. */
  log = ''
  readonly units: string
  readonly #process: ChildProcess
  readonly #home: string

  constructor(child: ChildProcess, home: string) {
    this.#process = child
    this.#home = home
    this.units = join(home, '.config', 'systemd', 'user')
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.log += text
      })
    }
  }

  async ready(): Promise<boolean> {
    const pid = this.#process.pid!
    const socket = () => existsSync(`/proc/${pid}/root/run/user/systemd/private`)
    return (
      (await eventually(() => this.#process.exitCode !== null || socket(), PATIENCE)) &&
      (await this.run('systemctl', '--user', 'show-environment')).code === 0
    )
  }

  run(command: string, ...args: readonly string[]): Promise<Said> {
    const pid = this.#process.pid!
    const home = [`HOME=${this.#home}`, `XDG_CONFIG_HOME=${this.#home}/.config`]
    const environment = ['XDG_RUNTIME_DIR=/run/user', ...home]
    return said('nsenter', ['--mount', `--target=${pid}`, 'env', ...environment, command, ...args])
  }

  async end(): Promise<void> {
    const { pid, exitCode } = this.#process
    if (exitCode !== null || pid === undefined) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    if (!(await eventually(() => this.#process.exitCode !== null || !isRunning(pid), PATIENCE)))
      this.#process.kill('SIGKILL')
    await ended
    removeGroups(`millrace-test-${pid}`)
  }
}

/** Groups of processes without any; they are removed from below. */
function removeGroups(name: string): void {
  const hierarchies = [
    '/sys/fs/cgroup',
    ...readdirSync('/sys/fs/cgroup').map((each) => join('/sys/fs/cgroup', each)),
  ]
  for (const hierarchy of hierarchies) {
    const group = join(hierarchy, name)
    if (!existsSync(group)) continue
    const groups = execFileSync('find', [group, '-depth', '-type', 'd'], { encoding: 'utf8' })
      .trim()
      .split('\n')
    for (const each of groups) {
      try {
        rmdirSync(each)
      } catch {
        // The kernel may still be at it; it is empty, and costs nothing.
      }
    }
  }
}
