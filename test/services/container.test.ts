import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { bin, fixture, type LogLine } from '../pipeline-run.js'
import { childrenOf, eventually, isRunning } from '../processes.js'
import { temporaryFolder } from '../temporary-folder.js'
import { eventsIn, Mill } from './mill.js'

/** Milliseconds; nothing here takes a tenth of it unless it never comes. */
const PATIENCE = 60_000

/** What gives a command the process id 1, as a container does. */
const alone = [
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  ...['--pid', '--fork', '--kill-child', '--mount-proc'],
]

const works = spawnSync('unshare', [...alone, 'true']).status === 0
const skip = works ? false : 'process namespaces (unshare --pid) cannot be had here'
const noTini = spawnSync('tini', ['--version']).status === 0 ? false : 'there is no tini'

/** Millrace in a process namespace of its own, seen from outside of it. */
class Container {
  readonly ended: Promise<number | null>
  stderr = ''
  readonly #process: ChildProcess

  /** @param init the command that becomes process 1, and then its arguments; none for the primary itself */
  constructor(t: Test, folder: string, init: readonly string[], args: readonly string[]) {
    const command = [...init, process.execPath, bin, 'run', ...args, '--log-level', 'debug']
    const { NODE_OPTIONS: _, ...inherited } = process.env
    const env = { ...inherited, TMPDIR: folder, XDG_RUNTIME_DIR: folder }
    this.#process = spawn('unshare', [...alone, ...command], {
      cwd: folder,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    t.teardown(() => this.#process.kill('SIGKILL'))
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.ended = once(this.#process, 'close').then(([code]) => code as number | null)
  }

  /** The pid, outside, of what is process 1 inside. */
  get first(): number {
    return childrenOf(this.#process.pid!)[0]!
  }

  events(type: string): readonly LogLine[] {
    return eventsIn(this.stderr, type)
  }
}

t.test(
  'as process 1 of a container, a primary drains on SIGTERM and leaves nobody behind',
  { skip },
  async (t) => {
    const folder = temporaryFolder(t)
    const mill = new Mill(folder, 4000)
    const stateDir = join(folder, 'state')
    const container = new Container(t, folder, [], [mill.config, '--state-dir', stateDir])
    t.ok(await eventually(() => mill.results.length > 50, PATIENCE))
    t.match(container.events('pipelineStarted'), [{ pid: 1 }], 'its pid is 1')

    const primary = container.first
    // The first is the reaper; the log has pids as they are inside.
    process.kill(childrenOf(primary).at(-1)!, 'SIGKILL')
    t.ok(await eventually(() => container.events('restartScheduled').length === 1, PATIENCE))
    t.ok(
      await eventually(() => childrenOf(primary).every(isRunning), PATIENCE),
      'what was killed leaves no zombie',
    )

    const children = childrenOf(primary)
    process.kill(primary, 'SIGTERM')
    t.equal(await container.ended, 0, 'it ends with exit code 0')
    t.match(mill.summaryIn(stateDir), { outcome: 'drained', returned: 0 })
    t.same(children.filter(isRunning), [], 'nobody is left')
  },
)

t.test('below an init, what handlers leave behind does not pile up', { skip: skip || noTini }, async (t) => {
  const folder = temporaryFolder(t)
  const input = join(folder, 'in.txt')
  writeFileSync(input, Array.from({ length: 20 }, (_, i) => `${i}\n`).join(''))
  const worker = fixture('workers/leave-an-orphan.mjs')
  const args = ['--from', `file:${input}`, '--worker', worker, '--to', 'null:', '--name', 'orphans']
  const container = new Container(t, folder, ['tini', '--'], args)
  t.ok(await eventually(() => container.events('pipelineStarted').length === 1, PATIENCE))
  const init = container.first
  t.ok(
    await eventually(() => container.stderr.includes('orphan 19 ends'), PATIENCE),
    'every orphan has ended',
  )
  t.ok(await eventually(() => childrenOf(init).length === 1, PATIENCE), 'and init has only the primary left')
  writeFileSync(join(folder, 'open'), '')
  t.equal(await container.ended, 0)
})
