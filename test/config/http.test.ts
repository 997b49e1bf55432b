import t from 'tap'
import { httpOf } from '../../src/config/http.js'

const place = { label: '--http', base: '/', code: 'bad_usage' as const }
const read = (input: Parameters<typeof httpOf>[0]) => httpOf(input, place)

const token = 'hunter2hunter2hunter2'

t.test('HTTP is off, or on an address of this machine', async (t) => {
  t.equal(read('off'), undefined)
  t.same(read('127.0.0.1:9464'), { host: '127.0.0.1', port: 9464 })
  t.same(read('localhost:0'), { host: 'localhost', port: 0 })
  t.same(read('[::1]:80'), { host: '::1', port: 80 })
  t.same(read({ listen: '127.8.9.10:1' }), { host: '127.8.9.10', port: 1 })
})

t.test('an address that others reach needs a token, before the @ or in an object', async (t) => {
  for (const listen of [
    '0.0.0.0:9464',
    '[::]:9464',
    '10.0.0.1:80',
    'metrics.example:80',
    '127.0.0.1.example:80',
  ])
    t.throws(
      () => read(listen),
      { code: 'bad_usage', message: /^--http .* has no token; write .*TOKEN@/ },
      listen,
    )
  t.same(read(`${token}@0.0.0.0:9464`), { host: '0.0.0.0', port: 9464, token })
  t.same(read(`a:b@c@${token}@[::]:1`), { host: '::', port: 1, token: `a:b@c@${token}` })
  t.same(read({ listen: '10.0.0.1:80', token }), { host: '10.0.0.1', port: 80, token })
  t.match(read({ listen: '127.0.0.1:80', token }), { token }, 'this machine may have one too')
})

t.test('what is wrong with it is said, and never quoted', async (t) => {
  const wrong: [Parameters<typeof httpOf>[0], RegExp][] = [
    ['hunter2', /is not host:port/],
    ['9464', /is not host:port/],
    ['http://hunter2:80', /is not host:port/],
    [`${token}@`, /is not host:port/],
    [`${token}@0.0.0.0:70000`, /port above 65535/],
    ['hunter2@0.0.0.0:80', /token of less than 16 characters/],
    [{ listen: '0.0.0.0:80', token: `${token} ` }, /spaces/],
    [{ listen: '0.0.0.0:80', token: `${token}\u00fc` }, /ASCII/],
    ['@0.0.0.0:80', /spaces|less than/],
  ]
  for (const [input, why] of wrong) {
    t.throws(() => read(input), { code: 'bad_usage', message: why })
    try {
      read(input)
    } catch (thrown) {
      t.notMatch(String(thrown), /hunter2/)
    }
  }
})
