import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { fixture, linesIn } from '../pipeline-run.js'
import { Series } from '../series.js'

const textOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}\n`).join('')

const ends = ['--from', 'file:input', '--to', 'file:output'] as const

/** A pipeline that has done the first hundred of a thousand lines. */
async function interrupted(t: Test): Promise<Series> {
  const series = new Series(t, ['--worker', fixture('workers/same.mjs')])
  writeFileSync(series.path('input'), textOf('line ', 1000))
  writeFileSync(series.path('other'), textOf('other ', 1000))
  await series.run(0, [...ends, '--limit', '100'])
  return series
}

/** What must not change: the output, and the checkpoint. */
const kept = (series: Series) =>
  [series.path('output'), series.checkpointFile].map((path) =>
    existsSync(path) ? readFileSync(path, 'latin1') : 'gone',
  )

interface Refusal {
  readonly what: string
  /** What is wrong with what, and the fix beside --fresh. */
  readonly error: RegExp
  readonly ends?: readonly string[]
  spoil?(series: Series): void
}

const flipByte = (path: string, at: number) => {
  const bytes = readFileSync(path)
  bytes[at]! ^= 1
  writeFileSync(path, bytes)
}

const refusals: Refusal[] = [
  {
    what: 'a checkpoint of another source',
    error:
      /checkpoint\.json belongs to another pipeline: its source is `file:input` and here it is `file:other`/,
    ends: ['--from', 'file:other', '--to', 'file:output'],
  },
  {
    what: 'a checkpoint of another sink',
    error: /checkpoint\.json belongs to another pipeline: its sink is `file:output` and here it is `null:`/,
    ends: ['--from', 'file:input', '--to', 'null:'],
  },
  {
    what: 'a checkpoint with one bit flipped',
    error: /checkpoint\.json is damaged: its checksum is not that of its content; restore it/,
    spoil: ({ checkpointFile, checkpointText }) =>
      flipByte(checkpointFile, checkpointText.indexOf('"read":1') + 8),
  },
  {
    what: 'a checkpoint that was cut short',
    error: /checkpoint\.json is damaged: it is not JSON; restore it/,
    spoil: ({ checkpointFile, checkpointText }) => truncateSync(checkpointFile, checkpointText.length >> 1),
  },
  {
    what: 'an empty checkpoint',
    error: /checkpoint\.json is damaged: it is empty; restore it/,
    spoil: ({ checkpointFile }) => truncateSync(checkpointFile),
  },
  {
    what: 'an output that is shorter than its checkpoint says',
    error: /output: 790 bytes .* confirmed in it, and it has only 5 bytes now\. Put the file back/,
    spoil: (series) => truncateSync(series.path('output'), 5),
  },
  {
    what: 'an output that is gone',
    error: /output: 790 bytes of results were confirmed in it, and it is gone\. Put the file back/,
    spoil: (series) => rmSync(series.path('output')),
  },
  {
    what: 'an input that is another file now',
    error:
      /input is not the file that was read before: its first 1024 bytes are others now.*Put that file back/,
    spoil: (series) => writeFileSync(series.path('input'), textOf('none ', 1000)),
  },
  {
    what: 'an input that is shorter than what was read of it',
    error:
      /input is not the file that was read before: it has 64 bytes, and 790 were read.*Put that file back/,
    spoil: (series) => truncateSync(series.path('input'), 64),
  },
]

const original = interrupted(t)

for (const { what, error, ends: itsEnds = ends, spoil } of refusals) {
  t.test(`${what} is refused, with nothing changed and the fix named`, async (t) => {
    const series = (await original).copy(t)
    spoil?.(series)
    const before = kept(series)
    const refused = await series.run(78, itsEnds)
    t.match(refused.said, error)
    t.match(refused.said, /--fresh/)
    t.same(kept(series), before)
  })
}

for (const what of [
  'a checkpoint of another source',
  'a checkpoint that was cut short',
  'an output that is gone',
]) {
  t.test(`${what} is no obstacle to --fresh, which begins again`, async (t) => {
    const { ends: itsEnds = ends, spoil } = refusals.find((refusal) => refusal.what === what)!
    const series = (await original).copy(t)
    spoil?.(series)
    const [, source = ''] = itsEnds.map((end) => end.replace('file:', ''))
    const expected = linesIn(series.path(source))
    const fresh = await series.run(0, [...itsEnds, '--fresh'])
    t.match(fresh.summary, { outcome: 'finished', read: expected.length, total: { read: expected.length } })
    t.same(linesIn(series.path('output')).sort(), [...expected].sort())
  })
}
