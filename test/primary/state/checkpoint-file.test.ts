import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import {
  checkpointPath,
  readCheckpoint,
  refuseForeign,
  removeCheckpoint,
  writeCheckpoint,
} from '../../../src/primary/state/checkpoint-file.js'
import { checkpointWith } from './checkpoints.js'

const fixes = /--state-dir.*--fresh/

t.test('a checkpoint is read as it was written, and is private to the user', async (t) => {
  const folder = t.testdir({})
  const { position: _, sinkState: __, ...least } = checkpointWith({ settledBeyond: [] })
  for (const checkpoint of [checkpointWith(), least]) {
    await writeCheckpoint(folder, checkpoint)
    t.same(await readCheckpoint(folder), checkpoint)
  }
  t.equal(statSync(checkpointPath(folder)).mode & 0o777, 0o600)
})

t.test('somebody can read a checkpoint, field by field', async (t) => {
  const folder = t.testdir({})
  await writeCheckpoint(folder, checkpointWith())
  t.match(readFileSync(checkpointPath(folder), 'utf8').split('\n'), [
    '{',
    '  "schema": 1,',
    /^ {2}"sha256": "[0-9a-f]{64}",$/,
    '  "checkpoint": {',
    '    "source": {"identity":"file:in.log","kind":"positioned"},',
  ])
})

t.test('a folder without a checkpoint has none, before the first and after its removal', async (t) => {
  const folder = t.testdir({})
  t.equal(await readCheckpoint(folder), undefined)
  await removeCheckpoint(folder)
  await writeCheckpoint(folder, checkpointWith())
  await removeCheckpoint(folder)
  t.equal(await readCheckpoint(folder), undefined)
  t.same(readdirSync(folder), [])
})

t.test('a checkpoint that is damaged is refused, wherever it is damaged', async (t) => {
  const folder = t.testdir({})
  const path = checkpointPath(folder)
  await writeCheckpoint(folder, checkpointWith())
  const whole = readFileSync(path, 'utf8')
  // White space between the fields and the schema's own digits are not under the checksum.
  const guarded = whole.indexOf('"sha256"')
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: guarded, max: whole.trimEnd().length - 1 }),
      fc.constantFrom('', 'x', '"', '0'),
      async (at, instead) => {
        const text = whole.slice(0, at) + instead + whole.slice(at + 1)
        fc.pre(text !== whole && whole[at] !== ' ' && whole[at] !== '\n')
        writeFileSync(path, text)
        await t.rejects(readCheckpoint(folder), { code: 'checkpoint_damaged' }, `${at} ${instead}`)
      },
    ),
  )
  for (const length of [0, 1, guarded, whole.length - 3]) {
    writeFileSync(path, whole.slice(0, length))
    await t.rejects(readCheckpoint(folder), { code: 'checkpoint_damaged', exitCode: 78, message: fixes })
  }
  for (const text of ['null', '[]', '{}', '{"schema":"1"}', '{"schema":1}', '{"schema":1,"sha256":null}']) {
    writeFileSync(path, text)
    await t.rejects(readCheckpoint(folder), { code: 'checkpoint_damaged' })
  }
  t.equal(readFileSync(path, 'utf8'), '{"schema":1,"sha256":null}', 'it is left for whoever looks into it')
})

t.test('a checkpoint of a newer version is refused as such', async (t) => {
  const folder = t.testdir({ 'checkpoint.json': '{"schema":2,"content":"something"}' })
  await t.rejects(readCheckpoint(folder), {
    code: 'checkpoint_newer',
    exitCode: 78,
    message: /checkpoint\.json has schema 2, .* knows 1; go back to the version.*--state-dir.*--fresh/,
  })
})

t.test('a checkpoint that could not be read back is never written', async (t) => {
  const folder = t.testdir({})
  await writeCheckpoint(folder, checkpointWith())
  await t.rejects(writeCheckpoint(folder, checkpointWith({ place: Number.NaN })), { message: /`place`/ })
  t.same(await readCheckpoint(folder), checkpointWith())
})

t.test('a checkpoint of another source or sink is refused with both names', async (t) => {
  const path = '/state/checkpoint.json'
  const refuse = (source: string, sink: string) => () =>
    refuseForeign(checkpointWith(), { source, sink }, path)
  t.doesNotThrow(refuse('file:in.log', 'file:out.log'))
  t.throws(refuse('file:other.log', 'file:out.log'), {
    code: 'checkpoint_foreign',
    exitCode: 78,
    message:
      /^the checkpoint \/state\/checkpoint.json .*: its source is `file:in.log` and here it is `file:other.log`; give this one another name \(--name\).*--state-dir.*--fresh/,
  })
  t.throws(refuse('count:1', 'none'), { message: /source is .*, its sink is `file:out.log` .* `none`/ })
})

t.test('a checkpoint that the system withholds is not taken for none', async (t) => {
  const folder = t.testdir({ 'checkpoint.json': { folder: '' } })
  await t.rejects(readCheckpoint(folder), { code: 'state_unwritable', message: /cannot be read: EISDIR/ })
  await t.rejects(writeCheckpoint(folder, checkpointWith()), { code: 'state_unwritable' })
  await t.rejects(removeCheckpoint(folder), { code: 'state_unwritable' })
  if (process.getuid?.() === 0) return
  const closed = t.testdir({ closed: {} })
  chmodSync(join(closed, 'closed'), 0)
  await t.rejects(readCheckpoint(join(closed, 'closed')), { code: 'state_unwritable' })
})
