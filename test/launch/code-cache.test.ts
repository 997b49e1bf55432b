import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CodeCache } from '../../src/launch/code-cache.js'
import { millrace } from '../pipeline-run.js'
import { temporaryFolder } from '../temporary-folder.js'

interface Test {
  teardown(clean: () => unknown): unknown
}

/** A cache folder of its own, and a way to start the command with it, which says what it printed first. */
function setting(t: Test) {
  const base = temporaryFolder(t)
  const folder = join(base, 'millrace')
  const [command, args] = millrace()
  const start = (env: Readonly<Record<string, string>> = { XDG_CACHE_HOME: base }) =>
    spawnSync(command, [...args, 'run', '--help'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...env },
    }).stdout.split('\n')[0]
  const kept = () => (existsSync(folder) ? readdirSync(folder) : []).map((name) => join(folder, name))
  return { base, folder, start, kept }
}

const usage = 'Usage: millrace run [CONFIG] [--from URL --worker FILE --to URL] [options]'

t.test('what was compiled is kept for the next start, in a file that is only for this user', async (t) => {
  const { folder, start, kept } = setting(t)
  t.equal(start(), usage)
  const [file] = kept()
  t.same(kept(), [file])
  t.same([statSync(folder).mode & 0o777, statSync(file!).mode & 0o777], [0o700, 0o600])
  const { ino } = statSync(file!)
  t.equal(start(), usage)
  t.same(kept(), [file])
  t.equal(statSync(file!).ino, ino, 'it was used and not made again')
})

t.test('a file that is damaged does no harm, and is replaced', async (t) => {
  const { start, kept } = setting(t)
  start()
  const [file] = kept()
  const whole = readFileSync(file!)
  writeFileSync(file!, Buffer.from(whole).fill(7, 200, 5000))
  t.equal(start(), usage)
  writeFileSync(file!, whole.subarray(0, 5000))
  t.equal(start(), usage)
  writeFileSync(file!, '')
  t.equal(start(), usage)
  writeFileSync(file!, 'nothing of the kind')
  t.equal(start(), usage)
  t.ok(statSync(file!).size > 10_000)
})

t.test('what others can write is not executed, but replaced', async (t) => {
  const { start, kept } = setting(t)
  start()
  const [file] = kept()
  const { ino } = statSync(file!)
  chmodSync(file!, 0o620)
  t.equal(start(), usage)
  const after = statSync(file!)
  t.not(after.ino, ino)
  t.equal(after.mode & 0o777, 0o600)
})

t.test('what belongs to somebody else is not read', async (t) => {
  const { base, start, kept } = setting(t)
  start()
  const [, bundle] = /([^/]+)-v[\d.]+-\w+-\d+$/.exec(kept()[0]!)!
  const owner = { env: { XDG_CACHE_HOME: base }, platform: process.platform, uid: process.getuid?.() }
  t.ok(CodeCache.of(bundle!, owner)!.read())
  t.equal(CodeCache.of(bundle!, { ...owner, uid: 12_345 })!.read(), undefined)
})

t.test('files of versions that are long gone are removed', async (t) => {
  const { folder, start, kept } = setting(t)
  start()
  const [file] = kept()
  const gone = join(folder, 'bin-0LDBUND1.cjs-v20.19.0-x64')
  writeFileSync(gone, 'old')
  utimesSync(gone, 0, 0)
  writeFileSync(file!, 'has to be made again')
  start()
  t.same(kept(), [file])
})

t.test('nothing is kept where there is no place for it, or Node should keep nothing', async (t) => {
  const { base, start, kept } = setting(t)
  t.equal(start({}), usage)
  t.equal(start({ HOME: join(base, 'none', 'such') }), usage)
  t.equal(start({ XDG_CACHE_HOME: base, NODE_DISABLE_COMPILE_CACHE: '1' }), usage)
  t.same(kept(), [])
  t.notOk(existsSync(join(base, 'none')))
})

t.test('without a folder that was chosen, it is the one of the platform', async (t) => {
  const { base, start } = setting(t)
  start({ HOME: base })
  t.equal(
    readdirSync(join(base, process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'millrace')).length,
    1,
  )
})
