import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeLogFile } from '../../bench/log-file.js'

t.test('a log has the lines, bytes and failed requests that it is said to have, and no line twice', (t) => {
  const path = join(t.testdir(), 'access.log')
  const { bytes, lines, failed } = writeLogFile(path, 1_500_000)
  const text = readFileSync(path, 'utf8')
  const found = text.trimEnd().split('\n')
  t.ok(bytes >= 1_500_000)
  t.equal(Buffer.byteLength(text), bytes)
  t.equal(found.length, lines)
  t.equal(new Set(found).size, lines)
  t.equal(found.filter((line) => / (404|500) \d+ /.test(line)).length, failed)
  t.end()
})
