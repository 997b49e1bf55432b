import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { removeDurably, writeDurably } from '../../../src/primary/state/durable-file.js'

t.test('a durable file replaces the one before it, is private, and leaves nothing beside it', async (t) => {
  const folder = t.testdir({ file: 'old' })
  for (const text of ['new', '']) {
    await writeDurably(join(folder, 'file'), text)
    t.equal(readFileSync(join(folder, 'file'), 'utf8'), text)
  }
  t.equal(statSync(join(folder, 'file')).mode & 0o777, 0o600)
  await writeDurably(join(folder, 'shared'), 'text', 0o644)
  t.equal(statSync(join(folder, 'shared')).mode & 0o777, 0o644)
  t.same(readdirSync(folder), ['file', 'shared'])
})

t.test('a reader meets the old text or the new one, never a part', async (t) => {
  const path = join(t.testdir({}), 'file')
  const texts = ['a', 'b'].map((letter) => letter.repeat(2 ** 20))
  await writeDurably(path, texts[0]!)
  let writing = true
  const writes = (async () => {
    for (let i = 1; i <= 20; i++) await writeDurably(path, texts[i % 2]!)
    writing = false
  })()
  const seen = new Set<string>()
  while (writing) {
    seen.add(readFileSync(path, 'utf8'))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await writes
  t.ok(
    [...seen].every((text) => texts.includes(text)),
    `${seen.size} texts were seen`,
  )
})

t.test('a write that fails says why, and leaves the old text and nothing beside it', async (t) => {
  const folder = t.testdir({ taken: { by: 'something' }, file: 'old' })
  await t.rejects(writeDurably(join(folder, 'taken'), 'text'), { code: /EISDIR|ENOTEMPTY|EEXIST/ })
  await t.rejects(writeDurably(join(folder, 'absent/file'), 'text'), { code: 'ENOENT' })
  t.same(readdirSync(folder), ['file', 'taken'])
})

t.test('what a crash left half written does not matter', async (t) => {
  const folder = t.testdir({ file: 'old', 'file.new': 'a longer text that was only' })
  await writeDurably(join(folder, 'file'), 'new')
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'new')
  t.same(readdirSync(folder), ['file'])
})

t.test('removing a file that is not there is no error', async (t) => {
  const folder = t.testdir({ file: '' })
  await removeDurably(join(folder, 'file'))
  await removeDurably(join(folder, 'file'))
  t.same(readdirSync(folder), [])
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'folder/file'), '')
  await t.rejects(removeDurably(join(folder, 'folder')), { code: /EISDIR/ })
})
