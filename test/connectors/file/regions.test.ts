import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Regions } from '../../../src/connectors/file/regions.js'
import { recordsOf } from '../../../src/lines/records.js'
import { recordsIn } from '../../../src/lines/region.js'
import { LineSplitter } from '../../../src/lines/splitter.js'
import type { LineFormat } from '../../../src/model/region.js'
import { type Seen, seenIn } from '../context.js'

interface File {
  readonly content: Buffer
  readonly from: number
  readonly format: LineFormat
  readonly maxRecord: number
}

const readingOf = ({ format, maxRecord }: File, wanted: () => number) => ({
  format,
  prefix: 'in.log@',
  maxRecord,
  wanted,
  positionAt: (offset: number) => ({ offset }),
})

/** What the writer makes of the lines when it reads them itself. */
function recordsFrom(file: File): Seen[] {
  const splitter = new LineSplitter(file.maxRecord, file.from)
  const split = [...splitter.push(file.content.subarray(file.from)), ...splitter.end()]
  return [
    ...recordsOf(
      split,
      readingOf(file, () => 1000),
    ),
  ].flatMap(seenIn)
}

/** What workers make of the regions that they are told. */
async function regionsFrom(file: File, wanted: () => number): Promise<Seen[]> {
  const seen: Seen[] = []
  const { content, from, format } = file
  const regions = new Regions({
    from,
    reading: readingOf(file, wanted),
    file: { path: '/in.log', inode: 1, format, prefix: 'in.log@' },
    read: async (into, at) => content.copy(into, 0, at, Math.min(content.length, at + into.length)),
    chunk: 32,
  })
  for await (const batch of regions.batches()) {
    if (!('region' in batch)) {
      seen.push(...seenIn(batch))
      continue
    }
    const { count } = batch
    assert.ok(count > 0)
    // However it is cut, the parts are the whole.
    const middle = count >>> 1
    for (const [first, last] of middle > 0
      ? ([
          [0, middle],
          [middle, count],
        ] as const)
      : ([[0, count]] as const)) {
      const region = batch.region(first, last)
      const records = recordsIn(content.subarray(region.from, region.to), region)
      assert.equal(records.values.length, last - first)
      seen.push(...seenIn({ ...records, positionAfter: (n) => batch.positionAfter(first + n) }))
    }
  }
  return seen
}

const line = (format: LineFormat) =>
  format === 'lines'
    ? fc.oneof(fc.constantFrom('', ' ', 'ä€𝄞', '\ufeff'), fc.string({ maxLength: 80 }))
    : fc.oneof(
        fc.constantFrom('', '  ', '\u00a0', '\ufeff', '{"a":', 'null', '"ä€𝄞"'),
        fc.json({ maxDepth: 1 }),
      )

const fileOf = (format: LineFormat): fc.Arbitrary<File> => {
  const end = fc.constantFrom('\n', '\n', '\r\n')
  const lines = fc.array(fc.tuple(line(format), end), { size: 'max', maxLength: 30 })
  return fc.record({
    content: fc
      .tuple(lines, fc.boolean())
      .map(
        ([lines, ended]) =>
          lines.map(([text, end]) => text.replaceAll(/[\r\n]/g, '') + end).join('') + (ended ? '' : 'last'),
      )
      .map((text) => Buffer.from(text)),
    from: fc.constant(0),
    format: fc.constant(format),
    maxRecord: fc.constantFrom(5, 40, 100, 1000),
  })
}

const records = (seen: readonly Seen[]) => seen.map(({ next: _, ...record }) => record)

for (const format of ['lines', 'ndjson'] as const) {
  t.test(
    `regions of ${format} are the same records as the writer would read, from anywhere on`,
    async (t) => {
      const wants = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
      await fc.assert(
        fc.asyncProperty(fileOf(format), wants, fc.nat(30), async (file, wants, index) => {
          let asked = 0
          const wanted = () => wants[asked++ % wants.length]!
          const seen = await regionsFrom(file, wanted)
          assert.deepEqual(records(seen), records(recordsFrom(file)))
          const last = seen[index]
          if (!last) return
          const { offset } = last.next as { readonly offset: number }
          const rest = await regionsFrom({ ...file, from: offset }, wanted)
          assert.deepEqual(records(rest), records(seen.slice(index + 1)))
        }),
        { numRuns: 500 },
      )
      t.pass()
    },
  )
}
