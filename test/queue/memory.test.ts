import t from 'tap'
import { MemoryQueue } from '../../src/queue/memory.js'
import { queueContract } from './contract.js'

t.test('the queue in memory', (t) =>
  queueContract(t, {
    open: async (capacity, recorder) => new MemoryQueue(capacity, recorder),
    runs: 500,
  }),
)
