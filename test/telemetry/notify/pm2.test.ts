import { EventEmitter } from 'node:events'
import t from 'tap'
import type { PipelineEvent } from '../../../src/telemetry/events.js'
import { pm2Overseer } from '../../../src/telemetry/notify/pm2.js'
import { pulse } from '../../fixtures/control/pipeline.js'

const started = { type: 'pipelineStarted' } as PipelineEvent
const pipeline = { pulse, note: () => {} }

/** A process whose parent listens, until it does not. */
class Child extends EventEmitter {
  readonly sent: string[] = []
  connected = true

  send(message: string): void {
    this.sent.push(message)
  }
}

t.test('pm2 is told once that a pipeline is ready, when commands can reach it', async (t) => {
  const child = new Child()
  const overseer = pm2Overseer(child, () => {})
  overseer.heard(started)
  t.same(child.sent, [])
  overseer.watch(pipeline)
  overseer.heard({ type: 'stateChanged', state: 'running', reason: null })
  t.same(child.sent, ['ready'])
})

t.test('what is no pipeline is ready when it says so', async (t) => {
  const child = new Child()
  pm2Overseer(child, () => {}).ready()
  t.same(child.sent, ['ready'])
})

t.test('the message `shutdown` drains, and other messages do nothing', async (t) => {
  const child = new Child()
  const asked: string[] = []
  const overseer = pm2Overseer(child, () => asked.push('drain'))
  child.emit('message', { type: 'process:msg' })
  t.same(asked, [])
  child.emit('message', 'shutdown')
  t.same(asked, ['drain'])
  await overseer.close()
  t.same(child.eventNames(), [])
})

t.test('a pm2 that is gone is told nothing', async (t) => {
  const child = new Child()
  child.connected = false
  const overseer = pm2Overseer(child, () => {})
  overseer.watch(pipeline)
  overseer.heard(started)
  t.same(child.sent, [])
})
