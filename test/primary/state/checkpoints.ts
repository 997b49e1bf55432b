import type { Checkpoint } from '../../../src/primary/state/checkpoint.js'

const at = '2020-01-01T00:00:00.000Z'
const total = { read: 9, delivered: 7, dropped: 1, deadLettered: 1, returned: 0, retried: 2, results: 8 }

/** A checkpoint of a pipeline that reads a file and writes another. */
export const checkpointWith = (more: Partial<Checkpoint> = {}): Checkpoint => ({
  source: { identity: 'file:in.log', kind: 'positioned' },
  sink: { identity: 'file:out.log' },
  position: '{"offset":120}',
  place: 6,
  settledBeyond: [7, 9, 12, 13],
  sinkState: '{"length":77}',
  total,
  at,
  inFlight: 3,
  finished: false,
  ...more,
})
