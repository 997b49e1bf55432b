import { join } from 'node:path'
import t from 'tap'
import { syncFolder } from '../../src/config/sync-folder.js'

t.test('a folder is synced, and one that is missing is an error', async (t) => {
  const folder = t.testdir({})
  await syncFolder(folder)
  await t.rejects(syncFolder(join(folder, 'missing')), { code: 'ENOENT' })
})
