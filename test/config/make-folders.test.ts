import { spawnSync } from 'node:child_process'
import { existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeFolders } from '../../src/config/make-folders.js'
import { fixture, millrace } from '../pipeline-run.js'

t.test('folders are made with all above them, and the first that was made is told', (t) => {
  const folder = t.testdir({ there: {} })
  t.equal(makeFolders(join(folder, 'there')), undefined)
  t.equal(makeFolders(join(folder, 'there/a/b/c'), 0o700), join(folder, 'there/a'))
  for (const made of ['a', 'a/b', 'a/b/c']) {
    t.equal(statSync(join(folder, 'there', made)).mode & 0o777, 0o700, made)
  }
  t.end()
})

t.test('what is in the way is told by the system', (t) => {
  const folder = t.testdir({ file: '' })
  writeFileSync(join(folder, 'file'), '')
  symlinkSync('nowhere', join(folder, 'link'))
  t.throws(() => makeFolders(join(folder, 'file')), { code: 'EEXIST' })
  t.throws(() => makeFolders(join(folder, 'file/below/deep')), { code: 'ENOTDIR' })
  t.throws(() => makeFolders(join(folder, 'link')), { code: 'EEXIST' })
  t.end()
})

const skip = existsSync('/proc/self') ? false : 'there is no /proc'

for (const [what, args, code] of [
  ['init', ['init', '/proc/mill/deep'], 2],
  [
    'run',
    [
      ...['run', '--from', 'count:1', '--worker', fixture('workers/same.mjs'), '--to', 'null:'],
      ...['--state-dir', '/proc/mill'],
    ],
    78,
  ],
] as const) {
  t.test(`${what} ends with the reason where nobody can make a folder`, { skip }, (t) => {
    const [command, first] = millrace()
    const { status, stderr } = spawnSync(command, [...first, ...args], {
      cwd: t.testdir({}),
      encoding: 'utf8',
      // Else it would never end if it went wrong.
      timeout: 30_000,
      killSignal: 'SIGKILL',
    })
    t.equal(status, code, stderr)
    t.match(stderr, /\/proc\/mill.*ENOENT/)
    t.end()
  })
}
