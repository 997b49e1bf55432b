import { hash } from 'node:crypto'
import { appendFile, chmod, open, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type FilePosition, fileSource } from '../../../src/connectors/file/source.js'
import type { Resume, SourceContext } from '../../../src/model/source.js'
import { type Seen, seenBy, seenIn, sourceContext } from '../context.js'

const MEBIBYTE = 1024 * 1024

interface Reading {
  readonly from?: Resume<FilePosition>
  readonly options?: Record<string, string>
  readonly context?: Partial<SourceContext>
}

/** Resumes at this byte of a file that begins with `head`. */
const from = (offset: number, head: string): Resume<FilePosition> => ({
  position: { offset, head: { length: Buffer.byteLength(head), hash: hash('sha1', head, 'base64') } },
  accepted: 1,
})

const sourceAt = (path: string, options: Record<string, string> = {}) =>
  fileSource({ scheme: 'file', url: 'file:in.log?format=lines', target: path, options })

/** Everything that is read, with the offset of each position. */
async function read(path: string, reading: Reading = {}): Promise<Seen[]> {
  return (await readWithHeads(path, reading)).map((seen) => ({
    ...seen,
    next: { offset: (seen.next as FilePosition).offset },
  }))
}

async function readWithHeads(path: string, { from, options, context }: Reading): Promise<Seen[]> {
  const source = sourceAt(path, options)
  try {
    return await seenBy(await source.open(from, sourceContext(context)))
  } finally {
    await source.close?.()
  }
}

const fileOf = (t: Test, content: string) => join(t.testdir({ 'in.log': content }), 'in.log')

t.test('every line is a record, named by the path as written and its byte', async (t) => {
  t.strictSame(await read(fileOf(t, 'ä\r\n\nlast')), [
    { value: 'ä', id: 'in.log@0', next: { offset: 4 } },
    { value: '', id: 'in.log@4', next: { offset: 5 } },
    { value: 'last', id: 'in.log@5', next: { offset: 9 } },
  ])
})

t.test('an empty file has no records, and is read entirely', async (t) => {
  const source = sourceAt(fileOf(t, ''))
  t.strictSame(await seenBy(await source.open(undefined, sourceContext())), [])
  t.strictSame(source.progress?.(), { fraction: 1 })
  await source.close?.()
})

t.test('a byte order mark is no part of the first record', async (t) => {
  t.strictSame(await read(fileOf(t, '\uFEFF1\n2\n'), { options: { format: 'ndjson' } }), [
    { value: 1, id: 'in.log@0', next: { offset: 5 } },
    { value: 2, id: 'in.log@5', next: { offset: 7 } },
  ])
})

t.test('a file larger than any buffer is read exactly, whatever its characters', async (t) => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `${i} ${'ä€😀'.repeat(i % 7)}`)
  const path = fileOf(t, lines.join('\n'))
  const seen = await readWithHeads(path, {})
  t.strictSame(
    seen.map(({ value }) => value),
    lines,
  )
  const position = JSON.parse(JSON.stringify(seen[43_210]!.next))
  const resumed = await readWithHeads(path, { from: { position, accepted: 43_211 } })
  t.strictSame(resumed, seen.slice(43_211))
})

t.test('it reads on only when more is wanted', async (t) => {
  const source = sourceAt(fileOf(t, 'a line\n'.repeat(500_000)))
  const sizes: number[] = []
  for await (const batch of await source.open(undefined, sourceContext({ wanted: () => 3 }))) {
    sizes.push(seenIn(batch).length)
    if (sizes.length === 4) break
  }
  t.strictSame(sizes, [3, 3, 3, 3])
  const { fraction = 1 } = source.progress?.() ?? {}
  t.ok(fraction > 0 && fraction < 0.1, 'one buffer was read')
  await source.close?.()
})

t.test('a line of 20 MB is a record like any other', async (t) => {
  const long = 'x'.repeat(20 * MEBIBYTE)
  const seen = await read(fileOf(t, `a\n${long}\nb\n`))
  t.equal(seen.length, 3)
  t.ok(seen[1]?.value === long)
  t.strictSame(seen[2], { value: 'b', id: `in.log@${long.length + 3}`, next: { offset: long.length + 5 } })
})

t.test('a line above maxRecord is refused, and reading goes on behind it', async (t) => {
  const path = fileOf(t, `a\n${'x'.repeat(MEBIBYTE)}\nb\n`)
  t.strictSame(await read(path, { context: { maxRecord: 1000 } }), [
    { value: 'a', id: 'in.log@0', next: { offset: 2 } },
    { refused: 'record_too_large', id: 'in.log@2', next: { offset: MEBIBYTE + 3 } },
    { value: 'b', id: `in.log@${MEBIBYTE + 3}`, next: { offset: MEBIBYTE + 5 } },
  ])
})

t.test('a line of NDJSON that is not JSON is refused, and reading goes on behind it', async (t) => {
  t.strictSame(await read(fileOf(t, '{"a":1}\noops\n\n2'), { options: { format: 'ndjson' } }), [
    { value: { a: 1 }, id: 'in.log@0', next: { offset: 8 } },
    { refused: 'record_not_json', id: 'in.log@8', next: { offset: 13 } },
    { value: 2, id: 'in.log@14', next: { offset: 15 } },
  ])
})

t.test('a file that has grown is read on from where it ended', async (t) => {
  const path = fileOf(t, 'a\nb\n')
  t.strictSame(await read(path, { from: from(4, 'a\nb\n') }), [])
  await appendFile(path, 'c\n')
  t.strictSame(await read(path, { from: from(4, 'a\nb\n') }), [
    { value: 'c', id: 'in.log@4', next: { offset: 6 } },
  ])
})

t.test('a line end that was added to the last line is no empty record', async (t) => {
  for (const lineEnd of ['\n', '\r\n']) {
    const path = fileOf(t, `a${lineEnd}b${lineEnd}c`)
    const end = 3 + 2 * lineEnd.length
    await appendFile(path, `${lineEnd}d`)
    t.strictSame(await read(path, { from: from(end, `a${lineEnd}b${lineEnd}c`) }), [
      { value: 'd', id: `in.log@${end + lineEnd.length}`, next: { offset: end + lineEnd.length + 1 } },
    ])
  }
})

t.test('a file that became shorter than what was read of it is an error', async (t) => {
  const path = fileOf(t, 'abc\n')
  await t.rejects(read(path, { from: from(5, 'abc\n') }), {
    code: 'source_changed',
    message: /4 bytes.*5.*run it once with --fresh/,
  })
})

t.test('another file under the same name is found out, however long it is', async (t) => {
  const path = fileOf(t, `${'the old log\n'.repeat(500)}`)
  const { next } = (await readWithHeads(path, {})).at(0)!
  const position = next as FilePosition
  t.equal(position.head.length, 1024)
  const error = {
    code: 'source_changed',
    message: `${path} is not the file that was read before: its first 1024 bytes are others now, as when a log is rotated. Put that file back, or run it once with --fresh to read this one from the beginning.`,
  }
  for (const replacement of [
    'the new log\n'.repeat(900),
    'the old log\n'.repeat(2),
    'The old log\n'.repeat(500),
  ]) {
    await writeFile(path, replacement)
    await t.rejects(read(path, { from: { position, accepted: 1 } }), error)
    await t.rejects(read(path, { from: { position: { ...position, offset: 0 }, accepted: 0 } }), error)
  }
  await writeFile(path, 'the old log\n'.repeat(501))
  t.equal((await read(path, { from: { position, accepted: 1 } })).length, 500)
})

t.test('the head of a short file grows with it, from one opening to the next', async (t) => {
  const path = fileOf(t, 'a\n')
  const [first] = await readWithHeads(path, {})
  t.match(first, { next: { offset: 2, head: { length: 2 } } })
  await appendFile(path, 'b\n'.repeat(1000))
  const resume = { position: first!.next as FilePosition, accepted: 1 }
  const [second] = await readWithHeads(path, { from: resume })
  t.match(second, { value: 'b', next: { offset: 4, head: { length: 1024 } } })
})

t.test('resuming near the end of a large file reads its end, not what is before', async (t) => {
  const path = fileOf(t, 'first line\n')
  const { next } = (await readWithHeads(path, {})).at(0)!
  const gibibyte = 1024 * MEBIBYTE
  await truncate(path, gibibyte)
  await appendFile(path, 'x\ny\n')
  let bytes = 0
  const source = fileSource(
    { scheme: 'file', url: 'file:in.log', target: path, options: {} },
    async (path) => {
      const file = await open(path)
      const read = async (...wanted: [Buffer, number, number, number]) => {
        const result = await file.read(...wanted)
        bytes += result.bytesRead
        return result
      }
      return { read: read as typeof file.read, close: () => file.close() }
    },
  )
  const position = { ...(next as FilePosition), offset: gibibyte }
  const seen = await seenBy(await source.open({ position, accepted: 1 }, sourceContext()))
  t.match(seen, [
    { value: 'x', id: `in.log@${gibibyte}` },
    { value: 'y', id: `in.log@${gibibyte + 2}` },
  ])
  t.ok(bytes < 4096, `${bytes} bytes were read`)
  await source.close?.()
})

t.test('a file that is truncated while it is read is an error', async (t) => {
  const path = fileOf(t, 'a line\n'.repeat(200_000))
  const source = sourceAt(path)
  const batches = await source.open(undefined, sourceContext({ wanted: () => 100_000 }))
  await t.rejects(
    async () => {
      for await (const _ of batches) await truncate(path, 10)
    },
    { code: 'source_changed' },
  )
  await source.close?.()
})

t.test('what cannot be read is named, with the fix', async (t) => {
  const folder = t.testdir({})
  const missing = join(folder, 'missing.log')
  await t.rejects(read(missing), {
    code: 'source_missing',
    message: `Cannot read ${missing}: there is no such`,
  })
  await t.rejects(read(folder), { code: 'source_missing', message: /is a directory\. Name a file/ })
  await t.rejects(read('/dev/null'), { code: 'source_missing', message: /not a regular file.*stdin:/ })
})

t.test(
  'a file that nobody may read is named, with the fix',
  { skip: process.getuid?.() === 0 && 'root may read every file' },
  async (t) => {
    const path = join(t.testdir({}), 'closed.log')
    await writeFile(path, 'a\n')
    await chmod(path, 0)
    await t.rejects(read(path), { code: 'source_missing', message: /the right to read/ })
  },
)

t.test('it stops between batches when reading is to stop', async (t) => {
  const stop = new AbortController()
  const source = sourceAt(fileOf(t, 'a\nb\nc\n'))
  const values: unknown[] = []
  const context = sourceContext({ signal: stop.signal, wanted: () => 1 })
  for await (const batch of await source.open(undefined, context)) {
    values.push(...seenIn(batch).map(({ value }) => value))
    if (values.length === 2) stop.abort()
  }
  t.strictSame(values, ['a', 'b'])
  await source.close?.()
  await source.close?.()
})
