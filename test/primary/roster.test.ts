import t from 'tap'
import { inFlowOrder, listed, meant } from '../../src/primary/roster.js'
import { LETTERS, SENDER, workerPlaces } from '../../src/primary/topology.js'

t.test(
  'places are told of in the order that records pass them, added workers among the others',
  async (t) => {
    const writer = { id: 'writer', role: 'writer', index: 1 } as const
    const places = [LETTERS, SENDER, ...workerPlaces(1, 2), writer, ...workerPlaces(3, 11)]
    const ids = inFlowOrder(places.map((place) => ({ place }))).map(({ place }) => place.id)
    const workers = workerPlaces(1, 11).map(({ id }) => id)
    t.same(ids, ['writer', ...workers, SENDER.id, LETTERS.id])
  },
)

t.test('a few workers are named, many are counted out', async (t) => {
  t.equal(listed(['writer', 'worker:1', 'worker:2', 'sender']), 'writer, worker:1, worker:2, sender')
  const many = workerPlaces(1, 64).map(({ id }) => id)
  t.equal(listed(['writer', ...many, 'sender']), 'writer, worker:1 to worker:64, sender')
  t.equal(listed(many), 'worker:1 to worker:64')
})

t.test('a mistyped name has a right one near it; a worker that is not there has not', async (t) => {
  const ids = ['writer', 'worker:1', 'worker:2', 'sender']
  t.equal(meant('wroker:1', ids), '; did you mean `worker:1`?')
  t.equal(meant('worker:9', ids), '')
})
