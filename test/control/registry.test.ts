import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { controlFolders, type Entry, entriesIn, register, socketFor } from '../../src/control/registry.js'

/** A short path: those of test folders are longer than a socket's may be. */
const runtime = mkdtempSync(join(tmpdir(), 'mr-'))
t.teardown(() => rmSync(runtime, { recursive: true }))

const folderOf = (name: string) => join(runtime, name)
const entryAt = (socket: string, pid = process.pid): Entry => ({
  name: 'mill',
  pid,
  stateDir: '/state',
  since: '2020-01-01T00:00:00.000Z',
  socket,
  version: '0.0.0',
})

/** The pid of a process that has ended. */
const deadPid = spawnSync('true').pid

t.test('the control folder is private to the user', async (t) => {
  const folder = folderOf('private')
  socketFor('mill', folder)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  chmodSync(folder, 0o755)
  socketFor('mill', folder)
  t.equal(statSync(folder).mode & 0o777, 0o700)
})

t.test('a control folder that somebody else could have planted is refused', async (t) => {
  symlinkSync(runtime, folderOf('planted'))
  t.throws(() => socketFor('mill', folderOf('planted')), {
    code: 'bad_config',
    message: /planted is not a folder of this user/,
  })
})

const skip = process.getuid?.() === 0 ? false : 'only root can give a folder away'

t.test('a control folder of somebody else hides no pipeline, and shows none', { skip }, async (t) => {
  const entry = entryAt(socketFor('mill', folderOf('own')))
  const unregister = register(entry)
  const planted = folderOf('theirs')
  register(entryAt(socketFor('mill', planted)))
  chownSync(planted, 12_345, 12_345)
  t.same(entriesIn([folderOf('own'), planted]), [entry])
  unregister()
})

t.test('a pipeline is found while it is registered', async (t) => {
  const folder = folderOf('found')
  const entry = entryAt(socketFor('mill', folder))
  const unregister = register(entry)
  t.same(entriesIn([folder, folderOf('absent')]), [entry])
  t.equal(statSync(join(folder, `mill-${process.pid}.json`)).mode & 0o777, 0o600)
  unregister()
  t.same(entriesIn([folder]), [])
  t.same(readdirSync(folder), [])
})

t.test('what a dead process left behind is removed', async (t) => {
  const folder = folderOf('stale')
  const socket = socketFor('mill', folder, deadPid)
  writeFileSync(socket, '')
  register(entryAt(socket, deadPid))
  t.same(entriesIn([folder]), [])
  t.same(readdirSync(folder), [])
})

t.test('a file that is no entry is passed over', async (t) => {
  const folder = folderOf('strange')
  socketFor('mill', folder)
  for (const content of ['', '{}', '[]', 'null']) {
    writeFileSync(join(folder, `mill-${process.pid}.json`), content)
    t.same(entriesIn([folder]), [])
  }
  t.ok(existsSync(join(folder, `mill-${process.pid}.json`)))
})

t.test('a socket path that a system would cut is refused', async (t) => {
  t.throws(() => socketFor('m'.repeat(100), folderOf('private')), {
    code: 'bad_config',
    message: /bytes, and systems allow 103; give a shorter `name`/,
  })
})

t.test('pipelines are looked for where services and where shells keep them', async (t) => {
  const shared = join(tmpdir(), `millrace-${process.getuid?.()}`)
  t.same(controlFolders({ XDG_RUNTIME_DIR: runtime }), [join(runtime, 'millrace'), shared])
  t.same(controlFolders({ XDG_RUNTIME_DIR: join(runtime, 'absent') }), [shared])
  t.same(controlFolders({}), [shared])
  const elsewhere = join('/elsewhere', `millrace-${process.getuid?.()}`)
  t.same(controlFolders({ TMPDIR: '/elsewhere' }), [elsewhere])
  const run = join(runtime, 'run')
  const service = join(run, `millrace-${process.getuid?.()}`)
  t.same(controlFolders({}, run), [shared])
  mkdirSync(service, { recursive: true })
  t.same(controlFolders({}, run), [service, shared])
  t.same(controlFolders({ XDG_RUNTIME_DIR: runtime }, run), [join(runtime, 'millrace'), service, shared])
})
