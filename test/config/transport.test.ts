import t from 'tap'
import { JOINED_SERVER, transportOf } from '../../src/config/transport.js'

const place = { label: '--transport', base: '/', code: 'bad_usage' as const }
const read = (input: Parameters<typeof transportOf>[0]) => transportOf(input, place)

t.test('a transport is ipc, or servers of NATS with their port', async (t) => {
  t.same(read('ipc'), { kind: 'ipc' })
  t.same(read('nats://one'), { kind: 'nats', servers: ['one:4222'] })
  t.same(read('nats://one:1,two,nats://[::1]:3/'), {
    kind: 'nats',
    servers: ['one:1', 'two:4222', '[::1]:3'],
  })
  t.same(read({ servers: 'one,two:5' }), { kind: 'nats', servers: ['one:4222', 'two:5'] })
})

t.test('credentials stand before the @, percent-encoded, or in an object', async (t) => {
  t.match(read('nats://ann:p%40ss@host'), { user: 'ann', password: 'p@ss', servers: ['host:4222'] })
  t.match(read('nats://s3cret@host'), { token: 's3cret' })
  t.match(read({ servers: ['host'], user: 'ann', password: 'x' }), { user: 'ann', password: 'x' })
})

t.test('a wrong transport is an error that quotes no more of it than its scheme', async (t) => {
  const wrong: Parameters<typeof transportOf>[0][] = [
    'hunter2',
    'tls://ann:hunter2@host',
    'nats://ann:hunter2@',
    'nats://ann:hunter2@host/path',
    'nats://ann:hunter2@host:99999',
    'nats://ann:%hunter2@host',
    'nats://@host',
    { servers: 'host', password: 'hunter2' },
    { servers: 'host', user: 'ann', token: 'hunter2' },
    { servers: 'ann:hunter2@host' },
  ]
  for (const input of wrong) {
    let message = ''
    try {
      read(input)
    } catch (thrown) {
      message = String(thrown)
    }
    t.match(message, /--transport .*nats:\/\/host:4222/)
    t.notMatch(message, /hunter2/)
  }
})

t.test('what is no transport is told of by how it begins; a server to join is never ipc', async (t) => {
  const told = (input: string, label: string) => {
    try {
      return transportOf(input, { ...place, label })
    } catch (thrown) {
      return String(thrown)
    }
  }
  t.match(told('nat://h:4222', '--transport'), /--transport is `nat:\/\/…`; write 'ipc', 'nats:/)
  t.match(told('h:4222', '--transport'), /--transport does not begin with nats:\/\/; write/)
  t.notMatch(told('nat://h:4222', JOINED_SERVER), /ipc/)
})
