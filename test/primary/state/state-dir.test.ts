import { chmodSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeStateDir } from '../../../src/primary/state/state-dir.js'

const folder = t.testdir({ there: {}, linked: {}, shared: {}, file: '' })
const modeOf = (name: string) => statSync(join(folder, name)).mode & 0o7777

t.test('the state folder is private to the user, even one that others could read before', async (t) => {
  chmodSync(join(folder, 'there'), 0o755)
  for (const name of ['there', 'deep/new']) {
    await makeStateDir(join(folder, name))
    t.equal(modeOf(name), 0o700, name)
  }
})

t.test('the state folder may be a link, and what it leads to becomes private', async (t) => {
  chmodSync(join(folder, 'linked'), 0o755)
  symlinkSync('linked', join(folder, 'link'))
  await makeStateDir(join(folder, 'link'))
  t.equal(modeOf('linked'), 0o700)
})

t.test('a folder for everybody is refused as state folder, and left as it is', async (t) => {
  chmodSync(join(folder, 'shared'), 0o1777)
  await t.rejects(makeStateDir(join(folder, 'shared')), {
    code: 'state_unwritable',
    message: /shared is another user's or for everybody.*--state-dir/,
  })
  t.equal(modeOf('shared'), 0o1777)
})

t.test('a state folder that cannot be made is refused with the reason', async (t) => {
  await t.rejects(makeStateDir(join(folder, 'file/state')), {
    code: 'state_unwritable',
    message: /file\/state cannot be written: ENOTDIR/,
  })
})
