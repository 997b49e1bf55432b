import { EventEmitter } from 'node:events'
import t from 'tap'
import { heedSignals, terminalClosed } from '../../src/cli/signals.js'
import type { PipelineEvent } from '../../src/telemetry/events.js'

/** A pipeline that notes what it is told, and whose rolls end when the test says so. */
function setting({ hungUp = false } = {}) {
  const signals = new EventEmitter()
  const told: string[] = []
  const rolls: { succeed(): void; fail(reason: string): void }[] = []
  const noted: PipelineEvent['type'][] = []
  const pipeline = {
    drain: (why: string) => told.push(`drain ${why}`),
    stopNow: () => told.push('stopNow'),
    restart: (target: string) =>
      new Promise<void>((resolve, reject) => {
        told.push(`restart ${target}`)
        rolls.push({ succeed: resolve, fail: (reason) => reject(new Error(reason)) })
      }),
    note: (event: PipelineEvent) => noted.push(event.type),
  }
  const heed = heedSignals({ signals, hungUp: () => hungUp })
  return { signals, told, rolls, noted, pipeline, heed }
}

/** Resolves when everything that is due has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

t.test('SIGHUP restarts the workers, and what comes of it is told', async (t) => {
  const { signals, told, rolls, noted, pipeline, heed } = setting()
  heed.passTo(pipeline)
  signals.emit('SIGHUP')
  t.same([told, noted], [['restart workers'], ['reloading']])
  rolls[0]!.succeed()
  await settled()
  t.same(noted, ['reloading', 'reloaded'])
  signals.emit('SIGHUP')
  rolls[1]!.fail('worker:1 did not become ready')
  await settled()
  t.same(noted, ['reloading', 'reloaded', 'reloading', 'reloadFailed'])
  t.same(told, ['restart workers', 'restart workers'], 'and ends nothing')
})

t.test('however often SIGHUP comes while workers are restarted, they are restarted once more', async (t) => {
  const { signals, told, rolls, pipeline, heed } = setting()
  heed.passTo(pipeline)
  for (let i = 0; i < 4; i++) signals.emit('SIGHUP')
  t.equal(told.length, 1)
  rolls[0]!.succeed()
  await settled()
  t.equal(told.length, 2)
  rolls[1]!.succeed()
  await settled()
  t.equal(told.length, 2)
})

t.test('SIGHUP before there is a pipeline needs no roll: its workers load the newest code', async (t) => {
  const { signals, told, pipeline, heed } = setting()
  signals.emit('SIGHUP')
  heed.passTo(pipeline)
  t.same(told, [])
  heed.forget()
  t.same(signals.eventNames(), [])
})

t.test('SIGHUP of a terminal that was closed is a wish for an end', async (t) => {
  const { signals, told, pipeline, heed } = setting({ hungUp: true })
  heed.passTo(pipeline)
  signals.emit('SIGHUP')
  t.same(told, ['drain SIGHUP'])
})

t.test('whoever was not started on a terminal has none to be closed', async (t) => {
  t.notOk(terminalClosed(false))
})
