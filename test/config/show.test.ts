import t from 'tap'
import { show, withoutCredentials } from '../../src/config/show.js'

t.test('credentials never appear in a shown value', async (t) => {
  const secrets = [
    'nats://ann:hunter2@host:4222',
    'kafka:ann:hunter2@host/topic',
    'nats://ann:a/b@hunter2@host',
    { password: 'hunter2' },
    [{ deep: { apiKey: 'hunter2', url: 'https://ann:hunter2@host' } }],
  ]
  for (const secret of secrets) t.notMatch(show(secret), /hunter2/)
})

t.test('a shown value stays on one line, and short', async (t) => {
  t.notMatch(show({ a: 'x'.repeat(500), b: 'one\ntwo' }), /\n/)
  t.ok(show('x'.repeat(500)).length <= 80)
  t.equal(show('file:ann@home.log'), "'file:ann@home.log'")
})

t.test('data that contains itself can be shown', async (t) => {
  const loop: Record<string, unknown> = {}
  loop.self = loop
  t.same(withoutCredentials(loop), { self: '[circular]' })
})
