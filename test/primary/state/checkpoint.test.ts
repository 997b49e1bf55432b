import t from 'tap'
import { checkpointOf } from '../../../src/primary/state/checkpoint.js'
import { checkpointWith } from './checkpoints.js'

/** A checkpoint with one field changed, named by its path. */
function changed(field: string, value: unknown): unknown {
  const root: Record<string, unknown> = structuredClone({ ...checkpointWith() })
  const path = field.split('.')
  const leaf = path.pop()!
  const parent = path.reduce((object, name) => object[name] as Record<string, unknown>, root)
  parent[leaf] = value
  return root
}

t.test('a checkpoint is what it was, and nothing that does not belong to it', async (t) => {
  t.same(checkpointOf(checkpointWith()), checkpointWith())
  t.same(checkpointOf({ ...checkpointWith(), more: 1 }), checkpointWith())
  const { position: _, sinkState: __, ...least } = checkpointWith()
  t.same(Object.keys(checkpointOf(least)).length, Object.keys(least).length)
})

t.test('no field of a checkpoint is trusted', async (t) => {
  const wrong: Record<string, readonly unknown[]> = {
    source: [undefined, null, [], 'file:in.log'],
    'source.identity': [undefined, 1, ''],
    'source.kind': [undefined, 'dead'],
    sink: [undefined, 'none'],
    'sink.identity': [undefined, null, ''],
    position: [{ offset: 1 }, '', '{"offset":', null],
    place: [undefined, -1, 0.5, '6', 2 ** 53, Number.NaN],
    settledBeyond: [undefined, {}, [7], [8, 7], [7, 7], [5, 6], [7, 9, 8, 10], [7, '9'], [7, null]],
    sinkState: [1, 'length'],
    total: [undefined, []],
    'total.read': [undefined, -1, '9'],
    'total.delivered': [null],
    'total.dropped': [1.5],
    'total.deadLettered': [Number.POSITIVE_INFINITY],
    'total.returned': [undefined],
    'total.retried': [undefined],
    'total.results': [undefined],
    at: [undefined, 'yesterday', 0, '2020-13-01T00:00:00Z'],
    inFlight: [undefined, -1, 1.5],
    finished: [undefined, 0, 'false'],
  }
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      const message = `\`${field}\` is not `
      t.throws(() => checkpointOf(changed(field, value)), {
        name: 'ShapeError',
        message: new RegExp(message),
      })
    }
  }
  for (const value of [undefined, null, 1, '', []])
    t.throws(() => checkpointOf(value), { name: 'ShapeError' })
})
