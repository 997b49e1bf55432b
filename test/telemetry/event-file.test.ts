import { appendFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { EventEntry } from '../../src/model/inspection.js'
import { EventFile, keptEvents, pathIn } from '../../src/telemetry/event-file.js'

const entry = (text: string): EventEntry => ({ at: '2026-02-01T10:00:00.000Z', level: 'info', text })

function fileIn(t: Test, largest?: number) {
  const folder = t.testdir({})
  const said: string[] = []
  const log = {
    info: (text: unknown) => said.push(String(text)),
    warn: (_: unknown, text?: string) => said.push(String(text)),
  }
  const file = new EventFile({ folder, log, ...(largest && { largest }) })
  return { folder, file, said }
}

const textsIn = (folder: string, most?: number) => keptEvents(folder, most).map(({ text }) => text)

t.test('each event is a line of a file that is the user’s alone', async (t) => {
  const { folder, file } = fileIn(t)
  t.same(textsIn(folder), [], 'none before the first')
  file.append(entry('one'))
  file.append(entry('two'))
  t.equal(statSync(pathIn(folder)).mode & 0o777, 0o600)
  t.same(readFileSync(pathIn(folder), 'utf8').split('\n').length, 3)
  t.same(textsIn(folder), ['one', 'two'])
})

t.test('a full file is put aside once, so there are two at most', async (t) => {
  const { folder, file } = fileIn(t, 1000)
  for (let number = 0; number < 100; number++) file.append(entry(`event ${number}`))
  t.ok(statSync(pathIn(folder)).size <= 1000)
  t.ok(statSync(pathIn(folder, '.1')).size <= 1000)
  const texts = textsIn(folder)
  t.equal(texts.at(-1), 'event 99')
  const first = 100 - texts.length
  t.same(
    texts,
    texts.map((_, at) => `event ${first + at}`),
    'without a gap',
  )
  file.append(entry('x'.repeat(2000)))
  t.equal(textsIn(folder).at(-1)?.length, 2000, 'an event that is larger than that is kept all the same')
})

t.test('half a line that a crash has left is ended, and spoils nothing', async (t) => {
  const { folder, file } = fileIn(t)
  file.append(entry('before'))
  appendFileSync(pathIn(folder), '{"at":"2026-02-')
  file.append(entry('after'))
  file.append(entry('next'))
  t.same(textsIn(folder), ['before', 'after', 'next'])
  t.notMatch(readFileSync(pathIn(folder), 'utf8'), /\n\n/)
})

t.test('the end of a file can be read without the rest', async (t) => {
  const { folder, file } = fileIn(t)
  for (const text of ['one', 'two', 'three']) file.append(entry(text))
  t.same(textsIn(folder, 100), ['three'])
})

t.test('a file that cannot be written is said once, tried again, and stops nothing', async (t) => {
  const { folder, file, said } = fileIn(t)
  mkdirSync(pathIn(folder))
  file.append(entry('one'))
  file.append(entry('two'))
  t.match(said, [/^events cannot be kept in .*: EISDIR/])
  rmdirSync(pathIn(folder))
  file.append(entry('three'))
  t.equal(said[1], 'events are kept again')
  t.same(textsIn(folder), ['three'])
  t.notOk(existsSync(pathIn(folder, '.1')))
})
