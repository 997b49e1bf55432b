import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { bin, type LogLine } from '../pipeline-run.js'
import { childrenOf, eventually } from '../processes.js'
import { eventsIn, Mill, processesOf } from './mill.js'
import { findSystemd, type Systemd } from './systemd.js'

const installer = fileURLToPath(new URL('../../scripts/install-service.sh', import.meta.url))
const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url))

/** Milliseconds; nothing here takes a tenth of it unless it never comes. */
const PATIENCE = 60_000

/** Seconds after which systemd ends a service that does not ask for more time. */
const STOP_S = 2

/** A service has a temporary folder of its own, so nothing that it needs may be in that of the tests. */
mkdirSync(cache, { recursive: true })
const home = mkdtempSync(join(cache, 'mr-'))
const found = await findSystemd(home)
const skip = 'missing' in found ? found.missing : false
const systemd = found as Systemd
t.teardown(async () => {
  if (!skip) await systemd.end()
  rmSync(home, { recursive: true, force: true })
})

/** Milliseconds a record, at which a full in-queue of a mill takes longer than that to drain: 64 records, two at a time. */
const SLOW_MS = 150

/** A unit that systemd knows, and the log of what it runs. */
class Service {
  readonly unit: string
  readonly log: string

  /** @param watchdog seconds */
  constructor(unit: string, folder: string, watchdog = 60) {
    this.unit = unit
    this.log = join(folder, 'log')
    const settings = [
      `WatchdogSec=${watchdog}`,
      `TimeoutStopSec=${STOP_S}`,
      `StandardError=append:${this.log}`,
      'Environment=MILLRACE_LOG_LEVEL=debug',
    ]
    mkdirSync(join(systemd.units, `${unit}.d`), { recursive: true })
    writeFileSync(join(systemd.units, `${unit}.d`, 'test.conf'), `[Service]\n${settings.join('\n')}\n`)
  }

  async ask(verb: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await systemd.run('systemctl', '--user', verb, ...args, this.unit)
    // `status` and `is-active` tell by their exit code how the unit is.
    if (code !== 0 && verb !== 'status') throw new Error(`systemctl ${verb}: ${stderr}\n${this.said}`)
    return stdout
  }

  async show(property: string): Promise<string> {
    return (await this.ask('show', '--value', `--property=${property}`)).trim()
  }

  async mainPid(): Promise<number> {
    return Number(await this.show('MainPID'))
  }

  /** Resolves when a property is as wanted. */
  async until(property: string, wanted: (value: string) => boolean): Promise<string> {
    for (const end = performance.now() + PATIENCE; ; ) {
      const value = await this.show(property)
      if (wanted(value)) return value
      if (performance.now() > end) throw new Error(`${property} is ${value}\n${this.said}`)
    }
  }

  events(type: string): LogLine[] {
    return existsSync(this.log) ? eventsIn(readFileSync(this.log, 'utf8'), type) : []
  }

  async heard(t: Test, type: string, times = 1): Promise<void> {
    const heard = await eventually(() => this.events(type).length >= times, PATIENCE)
    t.ok(heard, heard ? type : `no ${type} in:\n${this.said}`)
  }

  get said(): string {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').slice(-4000) : 'nothing'
  }
}

t.test('as a service of systemd, a pipeline is what its unit says it is', { skip }, async (t) => {
  const folder = join(home, 'a mill')
  const mill = new Mill(folder, 4000)
  const name = `mill-${process.pid}`
  const install = (...args: readonly string[]) => systemd.run('bash', installer, '--user', ...args)
  const delivered = async (more: number) => {
    const goal = mill.results.length + more
    t.ok(await eventually(() => mill.results.length >= goal, PATIENCE), `${more} more results are there`)
  }
  const service = new Service(`millrace-${name}.service`, folder, 6)

  const installed = await install(mill.config, '--name', name, '--node', process.execPath, '--no-start')
  t.match(installed, { code: 0 })
  t.match(
    installed.stderr,
    /Writing .*\.service, to run .*millrace\.config\.mjs as /,
    'the installer says what it does',
  )

  mill.close()
  await service.ask('start', '--no-block')
  await service.heard(t, 'processStarted', 4)
  t.equal(await service.show('ActiveState'), 'activating', 'it is not active while a worker sets itself up')
  mill.open()
  await service.until('ActiveState', (state) => state === 'active')
  t.equal(service.events('pipelineStarted').length, 1, 'and active when all are ready')
  await delivered(50)

  const listed = await systemd.run(process.execPath, bin, 'ls', '--json')
  const [entry] = JSON.parse(listed.stdout) as { readonly pid: number; readonly stateDir: string }[]
  const primary = await service.mainPid()
  t.equal(entry?.pid, primary, 'other commands find it')
  t.match(
    entry?.stateDir,
    new RegExp(`/millrace/${name}$`),
    'with its state where systemd keeps that of services',
  )
  const stateDir = entry!.stateDir
  const status = await service.ask('status', '--no-pager')
  t.match(status, /Status: "running: \d+ of \d+ read records settled, \d+ in flight, \d+\/s"/)
  const environments = childrenOf(primary).map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8'))
  t.notMatch(environments.join('\n'), /NOTIFY_SOCKET|WATCHDOG_/, 'no child is told how to speak to systemd')

  const [worker] = service.events('processStarted').filter(({ child }) => child === 'worker:1')
  process.kill(Number(worker!.childPid), 'SIGKILL')
  await service.heard(t, 'restartScheduled')
  await delivered(50)
  t.equal(await service.mainPid(), primary, 'a killed worker does not stop the unit')

  mill.recode('new')
  await service.ask('reload')
  await service.heard(t, 'reloaded')
  await service.until('ActiveState', (state) => state === 'active')
  t.equal(await service.mainPid(), primary, 'a reload keeps the primary')
  const renewed = () => mill.results.some((result) => result.endsWith(' new'))
  t.ok(await eventually(renewed, PATIENCE), 'and brings new code')

  process.kill(primary, 'SIGSTOP')
  await service.until('NRestarts', (restarts) => restarts === '1')
  await service.heard(t, 'pipelineStarted', 2)
  t.match(service.events('pipelineStarted')[1], { resumesFrom: /^behind record/ })
  t.pass('a frozen primary is started again by the watchdog, and resumes')
  await delivered(50)

  process.kill(await service.mainPid(), 'SIGKILL')
  await service.until('NRestarts', (restarts) => restarts === '2')
  await service.heard(t, 'pipelineStarted', 3)
  t.match(service.events('pipelineStarted')[2], { resumesFrom: /^behind record/ })
  t.pass('so is one that was killed')
  await delivered(50)

  mill.pace(SLOW_MS)
  const begun = performance.now()
  await service.ask('stop')
  t.equal(await service.show('ActiveState'), 'inactive')
  t.ok(performance.now() - begun > STOP_S * 1000, 'a drain that moves is given the time that it needs')
  t.match(mill.summaryIn(stateDir), { outcome: 'drained', returned: 0 }, 'a stop drains')
  t.same(processesOf(folder), [], 'and leaves nobody behind')

  mill.pace(0)
  await service.ask('start')
  await service.until('ActiveState', (state) => state === 'inactive')
  t.match(await service.show('ExecMainStatus'), '0', 'a pipeline that has finished stays down')
  mill.checkAccount(t)
  t.match(mill.summaryIn(stateDir).total, { read: mill.records, delivered: mill.records, returned: 0 })

  writeFileSync(mill.config, 'export default { wrokers: 2 }')
  await t.rejects(service.ask('start'))
  await service.until('ActiveState', (state) => state === 'failed')
  t.equal(await service.show('ExecMainStatus'), '78')
  t.equal(await service.show('NRestarts'), '0', 'a bad configuration is not tried again')

  const removed = await install('--uninstall', name)
  t.match(removed, { code: 0 })
  t.notOk(existsSync(join(systemd.units, service.unit)))
  t.ok(existsSync(stateDir), 'its state stays')
})

/** Why the sandbox cannot be tried, if it cannot. */
const noSandbox = () => {
  if (process.getuid?.() !== 0) return 'only root can have its systemd make a sandbox'
  return /^(\/var)?\/tmp\//.test(installer) && 'this checkout is below /tmp, which a sandbox has its own of'
}

t.test(
  'in the sandbox of a service of the system, a pipeline works',
  { skip: skip || noSandbox() },
  async (t) => {
    const folder = join(home, 'sandbox')
    const mill = new Mill(folder, 200)
    const service = new Service('millrace-sandbox.service', folder)
    const printed = await systemd.run('bash', installer, mill.config, '--dry-run', '--node', process.execPath)
    t.match(printed, { code: 0 })
    // A user's systemd can run services only as that user, and has no network to wait for.
    const unit = printed.stdout.replace(/^User=.*\n/m, '').replaceAll(/^(Wants|After)=.*\n/gm, '')
    t.match(unit, /^ProtectSystem=full$/m)
    writeFileSync(join(systemd.units, service.unit), unit)
    await systemd.run('systemctl', '--user', 'daemon-reload')
    mill.pace(0)
    await service.ask('start')
    await service.until('ActiveState', (state) => state === 'inactive')
    t.equal(await service.show('Result'), 'success')
    mill.checkAccount(t)
  },
)
