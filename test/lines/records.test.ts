import t from 'tap'
import { recordsOf } from '../../src/lines/records.js'
import { LineSplitter } from '../../src/lines/splitter.js'
import type { LineFormat } from '../../src/model/region.js'
import { seenIn } from '../connectors/context.js'

function batchesOf(text: string, format: LineFormat, wanted: () => number = () => 100) {
  const splitter = new LineSplitter(10)
  const split = [...splitter.push(Buffer.from(text)), ...splitter.end()]
  const reading = { format, prefix: 'a.log@', maxRecord: 10, wanted, positionAt: (offset: number) => offset }
  return [...recordsOf(split, reading)]
}

t.test('a record is named by the byte at which its line begins', async (t) => {
  t.strictSame(batchesOf('ä\n\nb\n', 'lines').flatMap(seenIn), [
    { value: 'ä', id: 'a.log@0', next: 3 },
    { value: '', id: 'a.log@3', next: 4 },
    { value: 'b', id: 'a.log@4', next: 6 },
  ])
})

t.test('each batch is as long as is wanted when it is asked for', async (t) => {
  let asked = 0
  const batches = batchesOf('0\n1\n2\n3\n4\n5\n6\n', 'lines', () => ++asked)
  t.strictSame(
    batches.map((batch) => seenIn(batch).map(({ value }) => value)),
    [['0'], ['1', '2'], ['3', '4', '5'], ['6']],
  )
})

t.test('blank lines of NDJSON are no records, and the positions behind them stay right', async (t) => {
  t.strictSame(batchesOf('\n1\n \r\n{"a":2}\n\n', 'ndjson').flatMap(seenIn), [
    { value: 1, id: 'a.log@1', next: 6 },
    { value: { a: 2 }, id: 'a.log@6', next: 15 },
  ])
})

t.test('a line that is not JSON is refused alone, and its neighbours are read', async (t) => {
  const batches = batchesOf('1\nno\n2\n', 'ndjson')
  t.strictSame(batches.flatMap(seenIn), [
    { value: 1, id: 'a.log@0', next: 2 },
    { refused: 'record_not_json', id: 'a.log@2', next: 5 },
    { value: 2, id: 'a.log@5', next: 7 },
  ])
  t.match(batches[1], { refused: { reason: /not JSON .*one JSON value on each line/s } })
})

t.test('a line above maxRecord is refused with its size, the limit and the key to raise', async (t) => {
  const batches = batchesOf('a\n12345678901\nb', 'lines')
  t.strictSame(batches.flatMap(seenIn), [
    { value: 'a', id: 'a.log@0', next: 2 },
    { refused: 'record_too_large', id: 'a.log@2', next: 14 },
    { value: 'b', id: 'a.log@14', next: 15 },
  ])
  t.match(batches[1], { refused: { reason: /11 bytes and maxRecord allows 10/ } })
})
