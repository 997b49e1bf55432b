import t from 'tap'
import { checkModuleShape } from '../../src/config/module-shape.js'

const ref = { path: '/mill/module.mjs', with: {} }
const method = () => {}

t.test('a function, with or without what goes beside it, fits its role', async () => {
  const hooks = { setup: method, teardown: method }
  checkModuleShape('worker', { default: method }, ref)
  checkModuleShape('worker', { default: method, ...hooks, batch: { size: 5 } }, ref)
  checkModuleShape('worker', { default: method, retryable: method }, ref)
  checkModuleShape('writer', { default: method, live: true }, ref)
  checkModuleShape('sender', { default: method, ...hooks, batch: { size: 5, within: '1s' } }, ref)
})

t.test('a source or a sink stands for itself, and no other export counts', async () => {
  for (const kind of ['positioned', 'counted', 'live'])
    checkModuleShape('writer', { default: { kind, open: method }, live: 5 }, ref)
  checkModuleShape('sender', { default: { open: method, deliver: method }, setup: 5, batch: 5 }, ref)
})

t.test('methods that a class inherits count as its own', async () => {
  class Base {
    readonly kind = 'live'
    open() {}
    deliver() {}
  }
  class Inherits extends Base {}
  checkModuleShape('writer', { default: new Inherits() }, ref)
  checkModuleShape('sender', { default: new Inherits() }, ref)
})

t.test('what does not fit is named with its module and with what it should be', async (t) => {
  const wrong: ['worker' | 'writer' | 'sender', object, RegExp][] = [
    [
      'worker',
      {},
      /^worker module \/mill\/module\.mjs has no handler: its default export must be a function/,
    ],
    ['worker', { default: { open: method, deliver: method } }, /has no handler/],
    ['writer', {}, /has no writer: .* a generator function, such as .*, or a Source$/],
    ['writer', { default: { kind: 'endless', open: method } }, /has no writer/],
    ['writer', { default: { kind: 'live' } }, /has no writer/],
    ['writer', { default: method, live: 'yes' }, /^`live` of \/mill\/module\.mjs must be true or false$/],
    ['sender', { default: null }, /has no sender: .* or a Sink$/],
    ['sender', { default: { deliver: method } }, /has no sender/],
    ['sender', { default: method, teardown: 5 }, /^`teardown` of \/mill\/module\.mjs must be a function$/],
    [
      'worker',
      { default: method, retryable: true },
      /^`retryable` of \/mill\/module\.mjs must be a function$/,
    ],
    ['worker', { default: method, batch: { size: 0 } }, /^`batch` of \/mill\/module\.mjs must be like/],
  ]
  for (const [role, exports, message] of wrong) {
    t.throws(() => checkModuleShape(role, exports as Record<string, unknown>, ref), {
      code: 'module_shape',
      message,
    })
  }
})
