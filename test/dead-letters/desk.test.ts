import { join } from 'node:path'
import t, { type Test } from 'tap'
import { DeadLetterFile } from '../../src/dead-letters/dead-letter-file.js'
import { DeadLetterDesk } from '../../src/dead-letters/desk.js'
import { addToReplayRequest, readReplayRequest } from '../../src/dead-letters/replay-request.js'
import { MillraceError } from '../../src/errors.js'
import type { DeadLetter } from '../../src/model/dead-letter.js'
import { FakeClock } from '../fake-clock.js'
import { idsOf, letter } from './letter.js'

const unreadable: DeadLetter = {
  id: 'w',
  stage: 'writer',
  attempts: 0,
  at: '2026-01-01T00:00:00.000Z',
  error: { name: 'record_too_large', message: 'it has 5000 bytes' },
}

async function open(t: Test) {
  const path = join(t.testdir(), 'dead-letters.ndjson')
  const bounds = { maxSize: 2 ** 30 }
  const file = await DeadLetterFile.open({ path, bounds, clock: new FakeClock(), emit: () => {} })
  t.teardown(() => file.close())
  await Promise.all([letter('a'), unreadable, letter('b')].map((each) => file.keep(each)))
  const fed: AsyncIterable<DeadLetter>[] = []
  return { file, fed, desk: new DeadLetterDesk(file, (letters) => fed.push(letters)) }
}

t.test('a list leaves out what may be large; one letter can be had whole', async (t) => {
  const { desk } = await open(t)
  const heads = []
  for await (const head of desk.list()) heads.push(head)
  t.same(heads[0], {
    id: 'a',
    stage: 'worker',
    attempts: 5,
    at: '2026-01-01T00:00:00.000Z',
    error: { name: 'Error', message: 'no' },
  })
  t.same(
    heads.map(({ id }) => id),
    ['a', 'w', 'b'],
  )
  t.same(await desk.show('b'), letter('b'))
  await t.rejects(desk.show('x'), { code: 'unknown_target', message: /no dead letter x in/ })
})

t.test('replayed are the letters that have a value, each once at a time', async (t) => {
  const { desk, fed, file } = await open(t)
  const report = await desk.replay('all')
  t.match(report, { accepted: 2, refused: [{ id: 'w', why: /no value/ }] })
  t.same(await idsOf(fed[0]!), ['a', 'b'])
  t.match(await desk.replay(['a']), { accepted: 0, refused: [{ id: 'a', why: /already/ }] })
  t.equal(fed.length, 1)
  await file.forget(['a'])
  await t.rejects(desk.replay(['a']), { code: 'unknown_target' })
  await file.keep(letter('b', { attempts: 1 }))
  t.match(await desk.replay(['b']), { accepted: 1, refused: [] })
})

t.test('a letter that is dropped before its turn is not replayed', async (t) => {
  const { desk, fed } = await open(t)
  await desk.replay(['a', 'b'])
  t.equal(await desk.drop(['a']), 1)
  t.same(await idsOf(fed[0]!), ['b'])
})

t.test('a pipeline that takes no letters in leaves them as they were', async (t) => {
  const { file } = await open(t)
  let refusing = true
  const desk = new DeadLetterDesk(file, () => {
    if (refusing) throw new MillraceError('bad_usage', 'it drains')
  })
  await t.rejects(desk.replay('all'), { code: 'bad_usage' })
  refusing = false
  t.match(await desk.replay('all'), { accepted: 2 })
})

t.test('a start takes over what was asked for meanwhile, but for letters that have left since', async (t) => {
  const { desk, fed, file } = await open(t)
  const stateDir = join(file.path, '..')
  t.same(await desk.replayRequested(stateDir), { accepted: 0, refused: [] })
  await addToReplayRequest(stateDir, ['a', 'b', 'x'])
  await file.drop(['a'])
  t.same(await desk.replayRequested(stateDir), { accepted: 1, refused: [] })
  t.same(await idsOf(fed[0]!), ['b'])
  t.same(await readReplayRequest(stateDir), [])
  t.equal(fed.length, 1)
})
