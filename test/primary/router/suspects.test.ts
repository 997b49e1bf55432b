import t from 'tap'
import type { Piece } from '../../../src/model/batch.js'
import { type Casualty, Suspects } from '../../../src/primary/router/suspects.js'
import { recordsOf } from '../../queue/batches.js'

const casualty = (process: string, at: number): Casualty => ({
  process,
  at,
  name: 'WorkerDied',
  how: 'killed by SIGKILL',
  trace: '',
})

const piece = (from: number, to: number): Piece => ({ batch: recordsOf(to - from), from, to, skip: 0 })

t.test('a piece is cut where suspicion begins and ends', async (t) => {
  const suspects = new Suspects()
  suspects.suspect([{ from: 10, to: 14 }], casualty('worker:1', 1))
  t.match(suspects.firstOf(piece(0, 10)), { piece: { from: 0, to: 10 }, careful: false })
  t.match(suspects.firstOf(piece(5, 20)), { piece: { from: 5, to: 10 }, careful: false })
  t.match(suspects.firstOf(piece(10, 20)), { piece: { from: 10, to: 14 }, careful: true })
  t.match(suspects.firstOf(piece(12, 13)), { piece: { from: 12, to: 13 }, careful: true })
  t.match(suspects.firstOf(piece(14, 20)), { piece: { from: 14, to: 20 }, careful: false })
})

t.test('what came to an end is no suspect any more', async (t) => {
  const suspects = new Suspects()
  suspects.suspect([{ from: 0, to: 3 }], casualty('worker:1', 1))
  suspects.clear({ from: 0, to: 2 })
  t.notOk(suspects.has(1))
  t.ok(suspects.has(2))
  suspects.clear({ from: 2, to: 3 })
  t.equal(suspects.size, 0)
})

t.test(
  'a record has the death on its account that made it a suspect, and those it was named for',
  async (t) => {
    const suspects = new Suspects()
    const first = casualty('worker:1', 1)
    suspects.suspect(
      [
        { from: 0, to: 3 },
        { from: 7, to: 9 },
      ],
      first,
    )
    suspects.name(8, casualty('worker:2', 2))
    const guilt = suspects.name(8, casualty('worker:1', 3))
    t.equal(guilt.suspectedFor, first)
    t.same(
      guilt.named.map(({ at }) => at),
      [2, 3],
    )
    suspects.clear({ from: 8, to: 9 })
    t.same(suspects.name(8, casualty('worker:2', 4)), {
      named: [casualty('worker:2', 4)],
      suspectedFor: undefined,
    })
  },
)
