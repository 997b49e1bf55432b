import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { DeadLettersAtRest } from '../../src/dead-letters/at-rest.js'
import { readReplayRequest } from '../../src/dead-letters/replay-request.js'
import { FakeClock } from '../fake-clock.js'
import { idsOf, letter, write } from './letter.js'

function atRest(t: Test) {
  const stateDir = join(t.testdir(), 'state')
  const path = join(stateDir, 'dead-letters.ndjson')
  const held: string[] = []
  const letters = new DeadLettersAtRest({
    stateDir,
    path,
    clock: new FakeClock(),
    exclusively: (folder, work) => {
      held.push(folder)
      return work()
    },
  })
  const fill = () => {
    mkdirSync(stateDir)
    write(path, letter('a'), { ...letter('w', { stage: 'writer' }), value: undefined }, letter('b'))
  }
  return { letters, stateDir, path, held, fill }
}

t.test('letters of a pipeline that does not run are looked at without holding its folder', async (t) => {
  const { letters, held, fill } = atRest(t)
  t.same(await idsOf(letters.list()), [])
  fill()
  t.same(await idsOf(letters.list()), ['a', 'w', 'b'])
  t.same(await letters.show('a'), letter('a'))
  t.same(held, [])
})

t.test('letters are dropped while no pipeline can start', async (t) => {
  const { letters, held, fill, stateDir, path } = atRest(t)
  t.equal(await letters.drop('all'), 0)
  t.notOk(existsSync(path))
  fill()
  await t.rejects(letters.drop(['x']), { code: 'unknown_target' })
  t.same(held, [])
  t.equal(await letters.drop(['w']), 1)
  t.same(held, [stateDir])
  t.same(await idsOf(letters.list()), ['a', 'b'])
  t.equal(await letters.drop('all'), 2)
  t.same(await idsOf(letters.list()), [])
})

t.test('what is to be replayed is noted for the next start, and stays until then', async (t) => {
  const { letters, held, fill, stateDir } = atRest(t)
  fill()
  t.match(await letters.replay(['a', 'w']), { accepted: 1, refused: [{ id: 'w' }] })
  t.same(held, [stateDir])
  t.match(await letters.replay('all'), { accepted: 2 })
  t.same(await readReplayRequest(stateDir), ['a', 'b'])
  t.same(await idsOf(letters.list()), ['a', 'w', 'b'])
  await t.rejects(letters.replay(['x']), { code: 'unknown_target' })
})
