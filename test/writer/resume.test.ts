import fc from 'fast-check'
import t from 'tap'
import type { ResumeNote } from '../../src/link/control.js'
import { Ranges } from '../../src/model/ranges.js'
import type { Resume, Source, SourceBatch } from '../../src/model/source.js'
import { Reader, sourceOf } from './reader.js'

/** What a record is: fine, refused by the source, or not to be encoded. */
type Fate = 'fine' | 'refused' | 'bad'

/** A source of records with these fates, which refuses one at a time. */
function sourceOfFates(fates: readonly Fate[], lengths: readonly number[]): Source<unknown, number> {
  return {
    kind: 'positioned',
    async *open(resume): AsyncGenerator<SourceBatch<unknown, number>> {
      for (let from = resume?.position ?? 0, turn = 0; from < fates.length; turn++) {
        const first = from
        const positionAfter = (count: number) => first + count
        if (fates[first] === 'refused') {
          from++
          yield { refused: { id: `n${first}`, code: 'record_too_large', reason: '' }, positionAfter }
          continue
        }
        const nextRefused = fates.indexOf('refused', first)
        const end = nextRefused === -1 ? fates.length : nextRefused
        from = Math.min(end, first + lengths[turn % lengths.length]!)
        const values = fates.slice(first, from).map((fate, at) => (fate === 'bad' ? () => at : first + at))
        yield { values, ids: { prefix: 'n', first }, positionAfter }
      }
    },
  }
}

/** What became of every place, in the order in which it was said. */
function said(reader: Reader, accepted: number): string[] {
  const fates: string[] = []
  let sent = 0
  for (const { kind, body } of reader.link.sent) {
    if (kind === 'refused') fates.push(`refused ${body.id}`)
    else if (kind === 'skipped') {
      for (let i = 0; i < body.count; i++) fates.push(`skipped n${accepted + fates.length}`)
    } else if (kind === 'batch') {
      for (const value of reader.values.slice(sent, sent + body.count)) fates.push(`sent n${value}`)
      sent += body.count
    }
  }
  return fates
}

t.test(
  'however batches and settled ranges fall, every record behind the position is sent, skipped or refused once, in order',
  async (t) => {
    const fates = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant<Fate>('fine') },
        { weight: 1, arbitrary: fc.constantFrom<Fate>('refused', 'bad') },
      ),
      { maxLength: 60 },
    )
    const settled = fc.array(fc.tuple(fc.nat(70), fc.nat(12)), { maxLength: 5 })
    const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 })
    const credit = fc.record({
      records: fc.integer({ min: 1, max: 20 }),
      target: fc.integer({ min: 1, max: 9 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fates,
        settled,
        lengths,
        credit,
        fc.nat(30),
        async (fates, runs, lengths, credit, skip) => {
          const accepted = Math.min(skip, fates.length)
          const ranges = new Ranges()
          for (const [from, length] of runs) ranges.add(Math.max(from, accepted), from + length)
          const pairs = [...ranges].flatMap(({ from, to }) => [from, to])
          const position = accepted > 0 ? { position: JSON.stringify(accepted) } : {}
          const reader = new Reader({ ...position, accepted, settled: pairs })
          await reader.start(sourceOfFates(fates, lengths))
          await reader.readAll(credit.records, 700, credit.target)
          const expected = fates.slice(accepted).map((fate, at) => {
            const place = accepted + at
            if (ranges.covers(place, place + 1)) return `skipped n${place}`
            return `${fate === 'fine' ? 'sent' : 'refused'} n${place}`
          })
          return reader.errors.length === 0 && said(reader, accepted).join() === expected.join()
        },
      ),
      { numRuns: 150 },
    )
    t.pass()
  },
)

t.test('a run of settled records within one step of the source is one message', async (t) => {
  const reader = await new Reader({ accepted: 0, settled: [0, 2, 3, 9] }).start(
    sourceOf([...Array(10).keys()], [10]),
  )
  await reader.readAll(10, 1000)
  t.same(
    reader.link.all('skipped').map(({ body }) => body),
    [
      { count: 2, position: '2' },
      { count: 6, position: '9' },
    ],
  )
  t.same(reader.values, [2, 9])
})

t.test('the source is told where to begin, and what is settled behind that, counted from it', async (t) => {
  const source = (opened: (resume: Resume | undefined) => void): Source => ({
    kind: 'positioned',
    open: (resume) => {
      opened(resume)
      return (async function* () {})()
    },
  })
  const told = async (note?: ResumeNote) => {
    let seen: Resume | undefined
    await new Reader(note).start(source((resume) => (seen = resume)))
    return seen
  }
  t.equal(await told(), undefined)
  t.equal(await told({ accepted: 0 }), undefined)
  t.equal(await told({ accepted: 0, settled: [1, 2] }), undefined, 'its beginning needs no position')
  t.same(await told({ position: '{"row":7}', accepted: 5, settled: [5, 6, 8, 12] }), {
    position: { row: 7 },
    accepted: 5,
    settledBeyond: [
      { from: 0, to: 1 },
      { from: 3, to: 7 },
    ],
  })
})
