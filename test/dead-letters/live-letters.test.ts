import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { indexFile, readLetters } from '../../src/dead-letters/live-letters.js'
import type { DeadLetter } from '../../src/model/dead-letter.js'
import { idsOf, letter, write } from './letter.js'

const folder = t.testdir({ folder: {} })
const path = join(folder, 'dead-letters.ndjson')

async function all(letters: AsyncIterable<DeadLetter>): Promise<DeadLetter[]> {
  const found: DeadLetter[] = []
  for await (const each of letters) found.push(each)
  return found
}

t.test('a letter is listed once an id, as it was written last, until it is gone', async (t) => {
  const id = fc.constantFrom('a', 'b', 'c', 'd')
  const lines = fc.oneof(
    id.map((id) => ({ id })),
    fc.array(id).map((gone) => ({ gone })),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(lines), async (entries) => {
      rmSync(path, { force: true })
      const live = new Map<string, DeadLetter>()
      entries.forEach((entry, number) => {
        if ('gone' in entry) {
          for (const id of entry.gone) live.delete(id)
          write(path, { gone: entry.gone, at: '2026-01-01T00:00:00.000Z' })
        } else {
          const written = letter(entry.id, { value: number })
          live.delete(entry.id)
          live.set(entry.id, written)
          write(path, written)
        }
      })
      t.same(await all(readLetters(path)), [...live.values()])
      t.same([...(await indexFile(path)).keys()], [...live.keys()])
      const wanted = new Set(['a', 'c', 'x'])
      t.same(
        await all(readLetters(path, wanted)),
        [...live.values()].filter(({ id }) => wanted.has(id)),
      )
    }),
  )
})

t.test('half a line, as a crash leaves it, is no letter, and harms none', async (t) => {
  const whole = JSON.stringify(letter('b'))
  for (let cut = 0; cut <= whole.length; cut++) {
    rmSync(path, { force: true })
    write(path, letter('a'), whole.slice(0, cut))
    t.same(await idsOf(readLetters(path)), cut === whole.length ? ['a', 'b'] : ['a'])
    write(path, '\n', letter('c'))
    t.same(await idsOf(readLetters(path)), cut === whole.length ? ['a', 'b', 'c'] : ['a', 'c'])
  }
})

t.test('a file that is not there has no letters, nor has a device', async (t) => {
  for (const nothing of [join(folder, 'none'), join(folder, 'none/none'), '/dev/null', folder]) {
    t.same(await idsOf(readLetters(nothing)), [])
    t.equal((await indexFile(nothing)).size, 0)
  }
})

t.test('a file of something else is not taken for one of dead letters', async (t) => {
  for (const content of ['a log\n', '[]', '{"idea":1}\n', ' ']) {
    writeFileSync(path, content)
    await t.rejects(indexFile(path), { code: 'not_dead_letters', message: /deadLetter\.to/ }, content)
  }
  for (const content of ['', '{', '{"id"', '{"gone":["a"]}\n']) {
    writeFileSync(path, content)
    t.equal((await indexFile(path)).size, 0, content)
  }
})

t.test('whoever has begun to read is given what there was, whatever becomes of the file', async (t) => {
  rmSync(path, { force: true })
  write(path, letter('a'), letter('b'))
  const letters = readLetters(path)
  t.match(await letters.next(), { value: { id: 'a' } })
  write(path, { gone: ['b'], at: '' }, letter('c'))
  rmSync(path)
  t.same(await idsOf(letters), ['b'])
})
