import { join } from 'node:path'
import t from 'tap'
import { main } from '../../src/cli/main.js'
import { captured } from '../fixtures/cli/captured.js'

const cwd = t.testdir({
  'worker.mjs': 'export default (v) => v\nexport const batch = { size: 5, within: "10ms" }',
  'writer.mjs': 'export default async function* () {}\nexport const live = true',
  'source.mjs': 'export default { kind: "live", open() {} }',
  'sink.mjs': 'export default { open() {}, deliver() {} }',
  'throws.mjs': 'throw new Error("no luck")',
  'none.mjs': 'export const x = 1',
  'object.mjs': 'export default { kind: "live" }',
  'hook.mjs': 'export default () => {}\nexport const setup = 1',
  'batch.mjs': 'export default () => {}\nexport const batch = { size: 0 }',
  'live.mjs': 'export default function* () {}\nexport const live = "yes"',
  'in.log': '',
  'millrace.config.mjs': `export default {
    worker: { use: './worker.mjs', with: { password: 'hunter2', depth: 3 } },
    writer: './source.mjs', sender: './sink.mjs',
    transport: 'nats://ann:hunter2@host', http: 'hunter2hunter2hunter2@0.0.0.0:9464',
  }`,
})

async function check(...argv: string[]) {
  const terminal = captured({ cwd, stdinIsTTY: true })
  const code = await main(['check', ...argv], terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

t.test('a configuration in order is printed as it is in force, without credentials', async (t) => {
  for (const argv of [[], ['--json']]) {
    const { code, out, err } = await check(...argv)
    t.same([code, err], [0, ''])
    t.notMatch(out, /hunter2|ann/)
  }
  const { out } = await check('--json', '--in-queue', '3')
  t.match(JSON.parse(out), {
    inQueue: 3,
    worker: { use: join(cwd, 'worker.mjs'), with: { password: '***', depth: 3 } },
    writer: { use: join(cwd, 'source.mjs') },
    transport: { kind: 'nats', servers: ['host:4222'], credentials: true },
    http: { host: '0.0.0.0', port: 9464, token: '***' },
  })
  t.match((await check()).out, /^inQueue +16384$/m)
})

t.test('a config that reads stdin can be checked at a terminal', async (t) => {
  t.equal((await check('--from', 'stdin:')).code, 0)
})

t.test('a module of the wrong shape, or that cannot be loaded, is named with the fix', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['--worker', 'throws.mjs'], /worker module .*throws\.mjs cannot be loaded: no luck/],
    [['--worker', 'none.mjs'], /none\.mjs has no handler: its default export must be a function, such as/],
    [['--worker', 'sink.mjs'], /its default export must be a function/],
    [['--from', 'object.mjs'], /writer module .*or a Source/],
    [['--to', 'source.mjs'], /sender module .*or a Sink/],
    [['--worker', 'hook.mjs'], /`setup` of .*hook\.mjs must be a function/],
    [['--worker', 'batch.mjs'], /`batch` of .*size: 500/],
    [['--from', 'live.mjs'], /`live` of .*live\.mjs must be true or false/],
    [['--from', 'file:absent.log'], /absent\.log does not exist/],
    [['--from', 'file:.'], /is a folder/],
  ]
  for (const [argv, message] of wrong) {
    const { code, out, err } = await check(...argv)
    t.same([code, out], [78, ''], argv.join(' '))
    t.match(err, message)
  }
})

t.test('all that is wrong with modules and source is told at once', async (t) => {
  const { err } = await check('--worker', 'none.mjs', '--to', 'throws.mjs', '--from', 'file:absent.log')
  t.match(err, /none\.mjs[\s\S]*throws\.mjs[\s\S]*absent\.log/)
})

t.test('generators, sources and files that are there are in order', async (t) => {
  for (const from of ['writer.mjs', 'source.mjs', 'file:in.log'])
    t.equal((await check('--from', from)).code, 0)
})
