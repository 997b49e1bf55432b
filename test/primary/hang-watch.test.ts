import t from 'tap'
import { encodeBatch } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { HangWatch, type HangWatchParts } from '../../src/primary/hang-watch.js'
import { Port, type Sentence } from '../../src/primary/router/port.js'
import type { PipelineEvent } from '../../src/telemetry/events.js'
import { FakeClock } from '../fake-clock.js'

t.test('a worker is killed once for a record over its time, however long it takes to go', async (t) => {
  const clock = new FakeClock()
  const port = new Port({ key: 'worker:1/1', send: () => {} }, 0)
  const told: PipelineEvent[] = []
  let kills = 0
  const payload = encodeBatch(
    { values: ['fast', 'slow'], ids: { list: ['fast', 'slow'] } },
    codecNamed('json'),
  )
  const piece = { batch: { width: 2, count: 2, payload }, from: 4, to: 6, skip: 0 }
  const watch = new HangWatch({
    clock,
    timeout: 500,
    dispatch: () => ({
      ports: [port],
      holdings: () => [{ piece, since: 0, attempt: 1 }],
      waitsForRoom: () => false,
      sentence: (_: string, sentence: Sentence) => {
        port.sentence = sentence
      },
    }),
    workerOf: () => ({ place: { id: 'worker:1' }, pid: 4711, kill: () => kills++ }),
    emit: (event: PipelineEvent) => told.push(event),
  } as unknown as HangWatchParts)
  port.overdue.set(5, 0)
  watch.start()
  clock.pass(900)
  t.equal(kills, 0, 'it has a second to heed its signal')
  clock.pass(100_000)
  watch.stop()
  t.equal(kills, 1)
  t.match(told, [{ type: 'workerHung', pid: 4711, id: 'slow' }])
})
