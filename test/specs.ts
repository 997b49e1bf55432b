import type { ChildSpec } from '../src/link/control.js'

/** What a process of a small pipeline is told. */
export const specOf = (role: ChildSpec['role'], more: Partial<ChildSpec> = {}): ChildSpec => ({
  role,
  process: role,
  index: 1,
  name: 'mill',
  codec: 'msgpack',
  logLevel: 'silent',
  maxRecord: 2 ** 20,
  hand: { records: 8192, bytes: 2 ** 20 },
  batchBytes: 2 ** 16,
  maxBatch: 2 ** 22,
  ...more,
})
