import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { LogLine } from '../pipeline-run.js'
import { eventually, isRunning } from '../processes.js'
import { temporaryFolder } from '../temporary-folder.js'
import { eventsIn, Mill, processesOf } from './mill.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const execute = promisify(execFile)

/** Milliseconds; nothing here takes a tenth of it unless it never comes. */
const PATIENCE = 60_000

/** What `ecosystem.config.js` calls its one pipeline. */
const APP = 'nearest-hub'

/** One application as pm2 lists it. */
interface Listed {
  readonly pid: number
  readonly pm2_env: {
    readonly status: string
    readonly restart_time: number
    readonly exit_code?: number
    readonly pm_err_log_path: string
  }
}

/** A pm2 with a daemon and a home of its own, in a folder that looks like this package to `ecosystem.config.js`. */
class Pm2 {
  readonly #path: string
  readonly #folder: string
  readonly #env: Readonly<Record<string, string | undefined>>

  constructor(t: Test, path: string, folder: string) {
    this.#path = path
    this.#folder = folder
    const { NODE_OPTIONS: _, ...inherited } = process.env
    this.#env = {
      ...inherited,
      PM2_HOME: join(folder, '.pm2'),
      XDG_RUNTIME_DIR: folder,
      TMPDIR: folder,
      MILLRACE_STATE_DIR: join(folder, 'state'),
      MILLRACE_LOG_LEVEL: 'debug',
    }
    this.rearrange((apps) => apps)
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    symlinkSync(join(root, 'dist'), join(folder, 'dist'))
    t.teardown(() => this.run('kill'))
  }

  /** Has the folder's `ecosystem.config.js` say something else than that of this package. */
  rearrange(change: (apps: string) => string): void {
    const apps = readFileSync(join(root, 'ecosystem.config.js'), 'utf8')
    writeFileSync(join(this.#folder, 'ecosystem.config.js'), change(apps))
  }

  async run(...args: readonly string[]): Promise<string> {
    const options = { cwd: this.#folder, env: this.#env, maxBuffer: 2 ** 26 }
    const { stdout } = await execute(process.execPath, [this.#path, ...args], options)
    return stdout
  }

  async listed(): Promise<Listed> {
    const stdout = await this.run('jlist')
    const [app] = JSON.parse(stdout.slice(stdout.indexOf('[{'))) as Listed[]
    return app!
  }

  /** Starts the application and resolves when it has ended with an exit code. pm2 has forgotten the pid of what it does not start again. */
  async startsAgain(exitCode: number): Promise<boolean> {
    await this.run('start', 'ecosystem.config.js')
    const { pid } = await this.until(({ pm2_env }) => pm2_env.exit_code === exitCode)
    await this.run('delete', APP)
    return pid !== 0
  }

  /** Resolves when the application is as wanted. */
  async until(wanted: (app: Listed) => boolean): Promise<Listed> {
    for (const end = performance.now() + PATIENCE; ; ) {
      const app = await this.listed()
      if (wanted(app)) return app
      if (performance.now() > end)
        throw new Error(`pm2 says ${JSON.stringify(app)}\n${this.log.slice(-4000)}`)
    }
  }

  get log(): string {
    return readFileSync(join(this.#folder, '.pm2', 'logs', `${APP}-error.log`), 'utf8')
  }

  /** The log's lines of one event. */
  events(type: string): readonly LogLine[] {
    return eventsIn(this.log, type)
  }
}

async function findPm2(): Promise<{ readonly path: string } | { readonly missing: string }> {
  try {
    const { stdout } = await execute('bash', [join(root, 'scripts/pm2.sh')])
    return { path: stdout.trim().split('\n').at(-1)! }
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    return { missing: stderr.trim().split('\n').at(-1) ?? 'no pm2' }
  }
}

const found = await findPm2()
const skip = 'missing' in found ? found.missing : false

t.test(
  'under pm2, a pipeline is ready, restarted, killed and stopped, and each record is delivered once',
  { skip },
  async (t) => {
    if ('missing' in found) return
    const folder = temporaryFolder(t)
    const mill = new Mill(folder, 4000, { config: 'examples/nearest-hub/millrace.config.mjs' })
    const pm2 = new Pm2(t, found.path, folder)
    const summary = () => mill.summaryIn(join(folder, 'state'))
    const delivered = async (more: number) => {
      const goal = mill.results.length + more
      t.ok(await eventually(() => mill.results.length >= goal, PATIENCE), `${more} more results are there`)
    }

    await pm2.run('start', 'ecosystem.config.js')
    const started = await pm2.listed()
    t.equal(started.pm2_env.status, 'online', 'online when `pm2 start` returns')
    t.equal(pm2.events('pipelineStarted').length, 1, 'and every process was ready by then')
    await delivered(50)

    await pm2.run('restart', APP)
    const restarted = await pm2.listed()
    t.equal(restarted.pm2_env.status, 'online')
    t.not(restarted.pid, started.pid)
    t.match(summary(), { outcome: 'drained', returned: 0 }, 'the first run drained')
    t.same(
      pm2.events('processExited').filter(({ planned }) => planned === false),
      [],
      'and no child minded the SIGINT that pm2 sent to each',
    )
    await delivered(50)

    process.kill(restarted.pid, 'SIGKILL')
    const revived = await pm2.until(
      ({ pid, pm2_env }) => pm2_env.status === 'online' && pid !== restarted.pid,
    )
    t.ok(
      await eventually(() => pm2.events('pipelineStarted').length === 3, PATIENCE),
      'a killed primary comes back',
    )
    t.match(pm2.events('pipelineStarted')[2], { resumesFrom: /^behind record \d+/ }, 'and resumes')
    await delivered(50)

    await pm2.run('stop', APP)
    const stopped = await pm2.listed()
    t.match(stopped.pm2_env, { status: 'stopped' })
    t.notOk(isRunning(revived.pid))
    t.match(summary(), { outcome: 'drained', returned: 0 })
    const pids = pm2.events('processStarted').map(({ childPid }) => Number(childPid))
    t.ok(pids.length >= 12, `${pids.length} children were started`)
    t.same(pids.filter(isRunning), [], 'and none is left')

    mill.pace(0)
    await pm2.run('start', APP)
    t.ok(await eventually(() => mill.results.length >= mill.records, PATIENCE))
    await pm2.run('delete', APP)
    mill.checkAccount(t)
    t.match(summary().total, { read: mill.records, delivered: mill.records, returned: 0 })
    await pm2.run('kill')
    t.ok(await eventually(() => processesOf(folder).length === 0, PATIENCE), 'no process is left of it all')
  },
)

t.test('what somebody has to mend first is not started again by pm2', { skip }, async (t) => {
  if ('missing' in found) return
  const folder = temporaryFolder(t)
  const mill = new Mill(folder, 1, { config: 'examples/nearest-hub/millrace.config.mjs' })
  const pm2 = new Pm2(t, found.path, folder)
  pm2.rearrange((apps) => apps.replace("args: 'run ", "args: 'run --wrong "))
  t.equal(await pm2.startsAgain(2), false, 'neither a wrong command line')
  pm2.rearrange((apps) => apps)
  writeFileSync(mill.config, 'export default { wrokers: 2 }')
  t.equal(await pm2.startsAgain(78), false, 'nor a bad configuration')
})
