import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Sink } from '../../src/model/sink.js'
import type { Source } from '../../src/model/source.js'
import { results, seenBy, sinkContext, sourceContext } from './context.js'

const examples = new URL('../../examples/connectors/', import.meta.url)

async function example<Connector>(name: string, made: string): Promise<(folder: string) => Connector> {
  const exported = await import(new URL(name, examples).href)
  return exported[made]
}

const folderSource = await example<Source<string, { name: string }>>('folder-source.mjs', 'folderSource')
const folderSink = await example<Sink<string>>('folder-sink.mjs', 'folderSink')

t.test("the guide's source reads a folder, and resumes behind the last file accepted", async (t) => {
  const folder = t.testdir({ 'a.txt': 'A', 'b.txt': 'too large', 'c.txt': 'C' })
  const context = sourceContext({ maxRecord: 5 })
  const all = await seenBy(await folderSource(folder).open(undefined, context))
  t.strictSame(all, [
    { value: 'A', id: 'a.txt', next: { name: 'a.txt' } },
    { refused: 'record_too_large', id: 'b.txt', next: { name: 'b.txt' } },
    { value: 'C', id: 'c.txt', next: { name: 'c.txt' } },
  ])
  const resume = { position: { name: 'a.txt' }, accepted: 1 }
  t.strictSame(await seenBy(await folderSource(folder).open(resume, context)), all.slice(1))
})

t.test("the guide's source names a folder that is missing", async (t) => {
  const missing = join(t.testdir({}), 'missing')
  const opened = async () => seenBy(await folderSource(missing).open(undefined, sourceContext()))
  await t.rejects(opened, { message: `Cannot read the folder ${missing}. Create it, or name another.` })
})

t.test("the guide's sink can be given a result again without having it twice", async (t) => {
  const folder = join(t.testdir({}), 'outbox')
  const sink = folderSink(folder)
  await sink.open(undefined, sinkContext)
  for (let attempt = 0; attempt < 2; attempt++) await sink.deliver(results('A', 'B') as never)
  t.strictSame(await readdir(folder), ['record%2F0', 'record%2F1'])
  t.equal(await readFile(join(folder, 'record%2F1'), 'utf8'), 'B')
})

t.test("the guide's sink rejects what it will never take, and delivers the rest", async (t) => {
  const folder = t.testdir({})
  const sink = folderSink(folder)
  await sink.open(undefined, sinkContext)
  t.match(await sink.deliver(results(1, 'B') as never), [{ index: 0, reason: /Return a string/ }])
  t.strictSame(await readdir(folder), ['record%2F1'])
})
