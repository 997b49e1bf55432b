import t from 'tap'
import type { ConnectorRef } from '../../../src/config/connector-ref.js'
import { parseConnector } from '../../../src/config/connector-string.js'
import { identityOf } from '../../../src/primary/state/identity.js'

const parsed = (text: string, base = '/app', extra = {}) => ({
  connector: parseConnector(text, extra, 'source', { label: '--from', base, code: 'bad_usage' }),
})
const written = (url: string, options: Readonly<Record<string, string>> = {}) => {
  // Schemes of other versions: a broker's string has what files do not.
  const connector = { scheme: url.slice(0, url.indexOf(':')), url, target: '', options }
  return identityOf({ connector: connector as ConnectorRef }, '/app')
}
const moduleAt = (path: string) => ({ module: { path, with: { size: 3 } } })

t.test('a connector keeps its name when the folder of the pipeline moves', async (t) => {
  for (const base of ['/app', '/elsewhere']) {
    t.equal(identityOf(parsed('file:logs/big.log', base), base), 'file:logs/big.log')
  }
  t.equal(identityOf(parsed('file:/var/big@1.log'), '/app'), 'file:/var/big@1.log')
  t.equal(identityOf(parsed('count:1000'), '/app'), 'count:1000')
})

t.test('options are part of the name, wherever and in whatever order they are given', async (t) => {
  const name = 'file:big.log?format=ndjson'
  t.equal(identityOf(parsed('file:big.log?format=ndjson'), '/app'), name)
  t.equal(identityOf(parsed('file:big.log', '/app', { format: 'ndjson' }), '/app'), name)
  t.not(identityOf(parsed('file:big.log'), '/app'), name)
  const [one, other] = [
    { b: '2', a: 'x y' },
    { a: 'x y', b: '2' },
  ]
  t.equal(written('kafka://host/topic?b=2&a=x y', one), written('kafka://host/topic?a=x y&b=2', other))
})

t.test('no name holds credentials, and new ones change no name', async (t) => {
  const name = 'nats://host:4222/subject'
  for (const user of ['', 'ann@', 'ann:secret@', 'ann:se/c?r@et@', '***@']) {
    t.equal(written(`nats://${user}host:4222/subject`), name)
  }
})

t.test('a module is named by its path from the folder of the configuration', async (t) => {
  t.equal(identityOf(moduleAt('/app/src/writer.ts'), '/app'), './src/writer.ts')
  t.equal(identityOf(moduleAt('/app/src/writer.ts'), '/app/config'), '../src/writer.ts')
})

t.test('results that go nowhere have a name that nothing else can have', async (t) => {
  t.equal(identityOf(undefined, '/app'), 'none')
  t.not(identityOf(moduleAt('/app/none'), '/app'), 'none')
})
