import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  addToReplayRequest,
  clearReplayRequest,
  readReplayRequest,
} from '../../src/dead-letters/replay-request.js'

t.test('what is to be replayed at the next start is gathered, each id once, until it is taken', async (t) => {
  const folder = join(t.testdir(), 'state')
  t.same(await readReplayRequest(folder), [])
  await addToReplayRequest(folder, ['a', 'b'])
  await addToReplayRequest(folder, ['b', 'c'])
  t.same(await readReplayRequest(folder), ['a', 'b', 'c'])
  t.equal(statSync(join(folder, 'replay.json')).mode & 0o777, 0o600)
  await clearReplayRequest(folder)
  await clearReplayRequest(folder)
  t.same(await readReplayRequest(folder), [])
})

t.test('a request that millrace did not write is an error that names the file', async (t) => {
  const folder = t.testdir()
  for (const content of ['', 'null', '{"ids":"a"}', '{"ids":[1]}']) {
    writeFileSync(join(folder, 'replay.json'), content)
    await t.rejects(readReplayRequest(folder), { code: 'replay_damaged', message: /replay\.json.*remove it/ })
  }
})
