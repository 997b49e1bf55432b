import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { linesOf } from '../../src/dead-letters/lines.js'

const path = join(t.testdir(), 'lines')

async function read(content: string, end = Buffer.byteLength(content)): Promise<[number, string][]> {
  writeFileSync(path, content)
  const file = await open(path)
  const found: [number, string][] = []
  for await (const lines of linesOf(file, end)) {
    for (const { from, text } of lines) found.push([from, text.toString()])
  }
  await file.close()
  return found
}

function expected(content: string): [number, string][] {
  let from = 0
  const lines = content.split('\n').map((text): [number, string] => {
    const line: [number, string] = [from, text]
    from += Buffer.byteLength(text) + 1
    return line
  })
  if (lines.at(-1)![1] === '') lines.pop()
  return lines
}

t.test('every line of a file is read, with where it begins', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', 'é', '\n', '😀') }), async (content) => {
      t.same(await read(content), expected(content))
    }),
  )
})

t.test('lines may be longer than what is read at once', async (t) => {
  const content = ['x'.repeat(3 * 2 ** 20), 'short', 'y'.repeat(2 ** 20 - 1), '', 'z'.repeat(2 ** 20)].join(
    '\n',
  )
  t.same(await read(content), expected(content))
})

t.test('what is behind the end is not read', async (t) => {
  t.same(await read('one\ntwo\nthree\n', 8), [
    [0, 'one'],
    [4, 'two'],
  ])
})
