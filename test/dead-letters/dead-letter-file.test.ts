import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Bounds } from '../../src/dead-letters/bounds.js'
import { DeadLetterFile } from '../../src/dead-letters/dead-letter-file.js'
import type { DeadLetter, DeadLetterEvent } from '../../src/model/dead-letter.js'
import { FakeClock } from '../fake-clock.js'
import { idsOf, letter, linesIn, write } from './letter.js'

const MINUTE = 60_000

/** When the tests begin, in milliseconds since 1970. */
const begin = Date.parse('2026-01-01T00:00:00.000Z')

const pathIn = (t: Test) => join(t.testdir(), 'state', 'dead-letters.ndjson')

interface Surroundings {
  readonly clock?: FakeClock
  readonly bounds?: Partial<Bounds>
}

async function open(path: string, { clock = new FakeClock(), bounds }: Surroundings = {}) {
  const events: DeadLetterEvent[] = []
  const slow: boolean[] = []
  const file = await DeadLetterFile.open({
    path,
    bounds: { maxSize: 2 ** 30, ...bounds },
    clock,
    now: () => begin + clock.now(),
    emit: (event) => events.push(event),
    slow: (is) => slow.push(is),
  })
  return { file, events, slow, clock }
}

/** Resolves when the file has looked at its bounds: it does so after a write, before the next. */
async function looked(file: DeadLetterFile): Promise<void> {
  await file.settled()
  await file.settled()
}

/** A letter whose line has so many bytes. */
function letterOf(id: string, bytes: number, more: Partial<DeadLetter> = {}): DeadLetter {
  const bare = letter(id, { ...more, value: '' })
  return { ...bare, value: 'x'.repeat(bytes - JSON.stringify(bare).length - 1) }
}

t.test('a letter that was kept is there for every later run', async (t) => {
  const path = pathIn(t)
  const { file } = await open(path)
  t.equal(file.count, 0)
  t.notOk(existsSync(path))
  await Promise.all(['a', 'b', 'a'].map((id) => file.keep(letter(id))))
  await file.close()
  const { file: later } = await open(path)
  t.same(await idsOf(later.letters()), ['b', 'a'])
  t.same([later.count, later.kept], [2, 0])
  await later.keep(letter('c'))
  t.same([later.count, later.kept], [3, 1])
  await later.close()
})

t.test('the file and the folder made for it are private to the user', async (t) => {
  const path = pathIn(t)
  const { file } = await open(path)
  await file.keep(letter('a'))
  t.same([statSync(path).mode & 0o777, statSync(join(path, '..')).mode & 0o777], [0o600, 0o700])
  await file.close()
})

t.test('what a crash left half written takes no letter along', async (t) => {
  const path = pathIn(t)
  mkdirSync(join(path, '..'))
  write(path, letter('a'), JSON.stringify(letter('b')).slice(0, 30))
  const { file } = await open(path)
  t.equal(file.count, 1)
  await file.keep(letter('c'))
  await file.keep(letter('d'))
  t.same(await idsOf(file.letters()), ['a', 'c', 'd'])
  await file.close()
})

t.test('a letter that cannot be kept is an error that names the file and the fix', async (t) => {
  const path = join(t.testdir({ file: '' }), 'file', 'dead-letters.ndjson')
  const { file } = await open(path)
  const unwritable = { code: 'deadletter_unwritable', message: /file.*cannot be written.*deadLetter\.to/ }
  const kept = file.keep(letter('a'))
  const settled = file.settled()
  await t.rejects(kept, unwritable)
  await t.rejects(settled, unwritable)
  t.same([file.count, file.kept], [0, 0])
  await file.settled()
  await file.close()
})

t.test('a file of something else is refused, and stays as it is', async (t) => {
  const path = join(t.testdir({ 'some.log': 'a line\n' }), 'some.log')
  await t.rejects(open(path), { code: 'not_dead_letters' })
  t.equal(readFileSync(path, 'utf8'), 'a line\n')
})

t.test('settled is told when everything that was handed over is on disk', async (t) => {
  const path = pathIn(t)
  const { file } = await open(path)
  await file.settled()
  void file.keep(letter('a'))
  void file.keep(letter('b'))
  await file.settled()
  t.same(linesIn(path), ['a', 'b'])
  void file.keep(letter('c'))
  await file.close()
  t.same(linesIn(path), ['a', 'b', 'c'])
})

t.test('a write that takes long is told of, and that it is over', async (t) => {
  const { file, slow, clock } = await open(pathIn(t))
  const kept = file.keep(letter('a'))
  clock.pass(1000)
  await kept
  await looked(file)
  t.equal(slow[0], true)
  t.equal(slow.at(-1), false)
  await file.close()
  t.equal(clock.timers, 0)
})

t.test('a file that somebody moves away is made anew, and nothing goes to the old one', async (t) => {
  const path = pathIn(t)
  const { file } = await open(path)
  await file.keep(letter('a'))
  renameSync(path, `${path}.old`)
  await file.keep(letter('b'))
  t.same([linesIn(`${path}.old`), linesIn(path)], [['a'], ['b']])
  t.equal(file.count, 1)
  rmSync(path)
  await file.keep(letter('c'))
  t.same(linesIn(path), ['c'])
  await file.close()
})

t.test('letters are dropped by their ids, all or none of those that are named', async (t) => {
  const path = pathIn(t)
  const { file } = await open(path)
  await Promise.all(['a', 'b', 'c'].map((id) => file.keep(letter(id))))
  await t.rejects(file.drop(['a', 'x', 'y']), { code: 'unknown_target', message: /no dead letter x, y in/ })
  t.equal(file.count, 3)
  t.equal(await file.drop(['a', 'c', 'a']), 2)
  t.equal(file.count, 1)
  t.same(linesIn(path), ['a', 'b', 'c', ['a', 'c']])
  await t.rejects(file.drop(['a']), { code: 'unknown_target' })
  t.equal(await file.drop([]), 0)
  await file.close()
  const { file: later } = await open(path)
  t.same(await idsOf(later.letters()), ['b'])
  await later.close()
})

t.test('when all letters are gone, so is what they held', async (t) => {
  const path = pathIn(t)
  const { file } = await open(path)
  await Promise.all(['a', 'b'].map((id) => file.keep(letter(id))))
  t.equal(await file.drop('all'), 2)
  await looked(file)
  t.equal(readFileSync(path, 'utf8'), '')
  t.equal(await file.drop('all'), 0)
  await file.keep(letter('c'))
  t.same(linesIn(path), ['c'])
  await file.close()
})

t.test('drops at the same time are counted once', async (t) => {
  const { file } = await open(pathIn(t))
  await Promise.all(['a', 'b', 'c'].map((id) => file.keep(letter(id))))
  await Promise.all([file.drop('all'), file.drop('all'), file.keep(letter('d')), file.drop(['a'])])
  t.equal(file.count, (await idsOf(file.letters())).length)
  await file.close()
})

t.test(
  'a replayed letter leaves when its record is settled; given up again, it is counted once',
  async (t) => {
    const path = pathIn(t)
    const { file } = await open(path)
    await Promise.all(['a', 'b', 'c'].map((id) => file.keep(letter(id))))
    t.same([...file.beginReplay(['a', 'b'])], ['a', 'b'])
    t.same([...file.beginReplay(['b', 'c'])], ['c'])
    file.cancelReplay(['c'])
    await file.forget(['a'])
    t.equal(file.count, 2)
    await file.keep(letter('b', { attempts: 6 }))
    t.equal(file.count, 2)
    t.same(await idsOf(file.letters()), ['c', 'b'])
    // Dropped while it was handled again.
    file.beginReplay(['c'])
    await file.drop(['c'])
    await file.forget(['c'])
    t.equal(file.count, 1)
    await file.close()
  },
)

t.test('a file that comes near its size is warned about once, and again after it was below', async (t) => {
  const path = pathIn(t)
  const { file, events } = await open(path, { bounds: { maxSize: 10_000 } })
  const fill = async (letters: number) => {
    for (let i = 0; i < letters; i++) await file.keep(letterOf(`${file.kept}`, 1000))
    await looked(file)
  }
  await fill(7)
  t.same(events, [])
  await fill(2)
  t.match(events, [{ type: 'deadLettersNearBound', file: path, bound: 'size', reached: 8000, limit: 10_000 }])
  await file.drop('all')
  await looked(file)
  await fill(8)
  t.match(events.slice(1), [{ type: 'deadLettersNearBound', letters: 8 }])
  t.equal(events.length, 2)
  await file.close()
})

t.test('past its size the file loses what is gone, then its oldest letters, and says how many', async (t) => {
  const path = pathIn(t)
  const { file, events } = await open(path, { bounds: { maxSize: 10_000 } })
  for (const id of 'abcdefghij') await file.keep(letterOf(id, 1000))
  await looked(file)
  t.same(linesIn(path), [...'abcdefghij'])
  await file.keep(letterOf('k', 1000))
  await looked(file)
  t.same(linesIn(path), [...'efghijk'])
  t.equal(file.count, 7)
  t.match(events.at(-1), { type: 'deadLettersExpired', letters: 4, file: path, why: 'size' })

  file.beginReplay([...'efgh'])
  await file.forget([...'efgh'])
  for (const id of 'lmno') await file.keep(letterOf(id, 1000))
  await looked(file)
  t.same(linesIn(path), [...'ijklmno'])
  t.equal(events.filter(({ type }) => type === 'deadLettersExpired').length, 1)
  t.notOk(existsSync(`${path}.new`))
  await file.close()
})

t.test(
  'whatever is kept, the file is bounded, and every letter is there or counted as expired',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 200, max: 2000 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        async (sizes, together) => {
          const path = join(t.testdir(), 'dead-letters.ndjson')
          const { file, events } = await open(path, { bounds: { maxSize: 5000 } })
          for (let i = 0; i < sizes.length; i += together) {
            const some = sizes.slice(i, i + together)
            await Promise.all(some.map((bytes, j) => file.keep(letterOf(`${i + j}`, bytes))))
            await looked(file)
            t.ok(statSync(path).size <= 5000)
          }
          const expired = events.reduce(
            (sum, event) => sum + (event.type === 'deadLettersExpired' ? event.letters : 0),
            0,
          )
          const ids = sizes.map((_, i) => `${i}`)
          t.same(await idsOf(file.letters()), ids.slice(expired))
          t.equal(file.count, sizes.length - expired)
          await file.close()
        },
      ),
      { numRuns: 30 },
    )
  },
)

t.test('a letter larger than the file may be is kept all the same', async (t) => {
  const path = pathIn(t)
  const { file } = await open(path, { bounds: { maxSize: 1000 } })
  for (const id of 'abc') {
    await file.keep(letterOf(id, 5000))
    await looked(file)
    t.same(linesIn(path), [id])
  }
  await file.close()
})

t.test('letters leave at their age, and somebody is warned before', async (t) => {
  const path = pathIn(t)
  const { file, events, clock } = await open(path, { bounds: { maxAge: 100 * MINUTE } })
  const at = () => new Date(begin + clock.now()).toISOString()
  const pass = async (minutes: number) => {
    clock.pass(minutes * MINUTE)
    await looked(file)
  }
  await file.keep(letter('a', { at: at() }))
  await pass(50)
  await file.keep(letter('b', { at: at() }))
  await pass(39)
  t.same(events, [])
  await pass(2)
  t.match(events, [{ type: 'deadLettersNearBound', bound: 'age', limit: 100 * MINUTE, letters: 2 }])
  await pass(8)
  t.same(linesIn(path), ['a', 'b'])
  await pass(1)
  t.same(linesIn(path), ['b'])
  t.same(events.slice(1), [{ type: 'deadLettersExpired', file: path, letters: 1, why: 'age' }])
  t.equal(file.count, 1)
  await pass(45)
  await pass(5)
  t.match(events.slice(2), [{ type: 'deadLettersNearBound' }, { type: 'deadLettersExpired' }])
  t.equal(file.count, 0)
  await file.close()
  t.equal(clock.timers, 0)
})

t.test('letters past their age leave when the file is opened', async (t) => {
  const path = join(t.testdir(), 'dead-letters.ndjson')
  const daysAgo = (days: number) => new Date(begin - days * 24 * 60 * MINUTE).toISOString()
  write(
    path,
    letter('a', { at: daysAgo(9) }),
    letter('b', { at: daysAgo(8) }),
    letter('c', { at: daysAgo(1) }),
  )
  const { file, events } = await open(path, { bounds: { maxAge: 7 * 24 * 60 * MINUTE } })
  t.match(events, [{ type: 'deadLettersExpired', letters: 2, why: 'age' }])
  t.same(linesIn(path), ['c'])
  t.equal(file.count, 1)
  await file.close()
})

t.test('a letter that is gone is not warned about', async (t) => {
  const { file, events, clock } = await open(pathIn(t), { bounds: { maxAge: 100 * MINUTE } })
  await file.keep(letter('a'))
  clock.pass(50 * MINUTE)
  await file.keep(letter('b', { at: new Date(begin + clock.now()).toISOString() }))
  file.beginReplay(['a'])
  await file.forget(['a'])
  clock.pass(60 * MINUTE)
  await looked(file)
  t.same(events, [])
  await file.close()
})

t.test('a file that cannot be written anew keeps every letter, and is tried again in a minute', async (t) => {
  const path = pathIn(t)
  const { file, events, clock } = await open(path, { bounds: { maxSize: 10_000, maxAge: 1000 * MINUTE } })
  mkdirSync(`${path}.new`, { recursive: true })
  writeFileSync(join(`${path}.new`, 'in-the-way'), '')
  for (let i = 0; i < 20; i++) await file.keep(letterOf(`${i}`, 1000))
  await looked(file)
  t.equal(linesIn(path).length, 20)
  const told = () => events.filter(({ type }) => type === 'deadLettersNotTrimmed')
  t.match(told(), [{ file: path, error: String }])
  t.equal(told().length, 1)
  rmSync(join(`${path}.new`, 'in-the-way'))
  rmdirSync(`${path}.new`)
  clock.pass(MINUTE)
  await looked(file)
  t.equal(linesIn(path).length, 7)
  await file.close()
})

t.test('a file that is a link stays one', async (t) => {
  const folder = t.testdir({ disk: {} })
  const path = join(folder, 'dead-letters.ndjson')
  symlinkSync(join(folder, 'disk', 'letters'), path)
  const { file } = await open(path, { bounds: { maxSize: 3000 } })
  for (const id of 'abcd') await file.keep(letterOf(id, 1000))
  await looked(file)
  t.ok(lstatSync(path).isSymbolicLink())
  t.same(linesIn(join(folder, 'disk', 'letters')), ['c', 'd'])
  await file.close()
})
