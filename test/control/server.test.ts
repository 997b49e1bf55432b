import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import {
  askDrain,
  askEvents,
  askLogLevel,
  askPause,
  askProfile,
  askRate,
  askRestart,
  askResume,
  askScale,
  askStack,
  askStatus,
  askStop,
} from '../../src/control/client.js'
import { type Entry, register, socketFor } from '../../src/control/registry.js'
import { serveControl } from '../../src/control/server.js'
import { MillraceError } from '../../src/errors.js'
import type { EventEntry } from '../../src/model/inspection.js'
import type { Summary } from '../../src/model/status.js'
import { report, StubPipeline, summary } from '../fixtures/control/pipeline.js'

const runtime = mkdtempSync(join(tmpdir(), 'mr-'))
t.teardown(() => rmSync(runtime, { recursive: true }))

async function serve(name: string) {
  const pipeline = new StubPipeline()
  let end!: (summary: Summary | undefined) => void
  const ended = new Promise<Summary | undefined>((resolve) => {
    end = resolve
  })
  const socket = socketFor(name, runtime)
  const server = await serveControl(socket, { pipeline, version: '1.2.3', ended })
  const entry: Entry = { name, pid: process.pid, stateDir: '/state', since: '', socket, version: '1.2.3' }
  return { pipeline, server, entry, end }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

interface Asked {
  readonly method?: string
  readonly path: string
  readonly body?: string
}

async function ask(entry: Entry, asked: Asked) {
  const { status, body } = await askText(entry, asked)
  return { status, body: JSON.parse(body) }
}

async function askText(entry: Entry, { method = 'GET', path, body }: Asked) {
  const asked = request({ socketPath: entry.socket, method, path, agent: false }).end(body)
  const [response] = await once(asked, 'response')
  // Node reports a long body as broken off (EPIPE) when the connection ends right after its answer.
  asked.on('error', () => {})
  return { status: response.statusCode, body: await text(response) }
}

t.test('the control socket is private to the user', async (t) => {
  const { server, entry } = await serve('private')
  t.equal(statSync(entry.socket).mode & 0o777, 0o600)
  await server.close()
  t.notOk(existsSync(entry.socket))
})

t.test('what is known of a pipeline can be asked', async (t) => {
  const { pipeline, server, entry } = await serve('ask')
  t.same(await askStatus(entry), report)
  t.match(await ask(entry, { path: '/healthz' }), { status: 200, body: { ok: true } })
  pipeline.state = { ok: false, why: 'nothing was settled' }
  t.match(await ask(entry, { path: '/readyz' }), {
    status: 503,
    body: { ok: false, why: 'nothing was settled' },
  })
  t.match(await askText(entry, { path: '/metrics' }), { status: 200, body: 'millrace_build_info 1\n' })
  t.match(await ask(entry, { path: '/' }), {
    status: 200,
    body: { name: 'mill', version: '1.2.3', pid: process.pid, routes: [{ route: 'GET /', does: String }] },
  })
  await server.close()
})

t.test('a process is replaced by name, and a wrong name is an error with its code', async (t) => {
  const { server, entry } = await serve('restart')
  t.match(await askRestart(entry, 'worker:2'), { process: 'worker:2', newPid: 4720 })
  await t.rejects(askRestart(entry, 'worker:9'), { code: 'unknown_target', message: 'there is no worker:9' })
  const wrong = await ask(entry, { method: 'POST', path: '/restart', body: '{"target":"worker:9"}' })
  t.match(wrong, { status: 404, body: { error: { code: 'unknown_target' } } })
  await server.close()
})

t.test('workers are scaled and the log level is set, and nothing else is passed on', async (t) => {
  const { pipeline, server, entry } = await serve('scale')
  t.match(await askScale(entry, 8), { name: 'mill', from: 3, to: 8 })
  t.same(await askLogLevel(entry, 'debug'), { name: 'mill', level: 'debug' })
  t.same(await askDrain(entry), { name: 'mill', state: 'running', inFlight: 100 })
  const wrong = [
    ['/scale', '{"workers":"8"}'],
    ['/log-level', '{"level":"loud"}'],
  ] as const
  for (const [path, body] of wrong) {
    t.match(await ask(entry, { method: 'POST', path, body }), {
      status: 400,
      body: { error: { code: 'bad_usage' } },
    })
  }
  t.same(pipeline.told, ['setLogLevel debug', 'drain asked to drain'])
  await server.close()
})

t.test('a pipeline is paused and goes on, and each answer says how it is then', async (t) => {
  const { pipeline, server, entry } = await serve('pause')
  t.same(await askPause(entry), { name: 'mill', state: 'paused', reason: 'asked to pause', inFlight: 100 })
  t.same(await askResume(entry), { name: 'mill', state: 'running', reason: null, inFlight: 100 })
  t.same(pipeline.told, ['pause', 'resume'])
  await server.close()
})

t.test('a pipeline that can no longer be paused says so, and stays in reach', async (t) => {
  const { pipeline, server, entry } = await serve('late')
  pipeline.pause = () => {
    throw new MillraceError('not_running', '`mill` is draining and cannot be paused any more')
  }
  await t.rejects(askPause(entry), { code: 'not_running', message: /is draining/ })
  t.match(await ask(entry, { method: 'POST', path: '/pause' }), { status: 409 })
  t.same(await askStatus(entry), report)
  await server.close()
})

t.test('a rate is a number above 0, or null for none; nothing else is passed on', async (t) => {
  const { pipeline, server, entry } = await serve('rate')
  t.same(await askRate(entry, 0.5), { name: 'mill', perSecond: 0.5 })
  t.same(await askRate(entry, null), { name: 'mill', perSecond: null })
  for (const body of [
    '{}',
    '{"perSecond":0}',
    '{"perSecond":-1}',
    '{"perSecond":1e999}',
    '{"perSecond":"5/s"}',
  ]) {
    const wrong = await ask(entry, { method: 'POST', path: '/rate', body })
    t.match(wrong, { status: 400, body: { error: { code: 'bad_usage', message: /above 0, or null/ } } }, body)
  }
  t.same(pipeline.told, ['setRate 0.5', 'setRate null'])
  await server.close()
})

t.test('where a process is can be asked, by its name', async (t) => {
  const { server, entry } = await serve('stack')
  t.match(await askStack(entry, 'worker:2'), { process: 'worker:2', pid: 4711, stack: [/spin/] })
  await t.rejects(askStack(entry, 'worker:9'), { code: 'unknown_target' })
  t.match(await ask(entry, { path: '/stack' }), { status: 400, body: { error: { message: /worker:2/ } } })
  await server.close()
})

t.test('a profile is bytes, and ends with whoever wanted it', async (t) => {
  const { pipeline, server, entry } = await serve('profile')
  t.equal(String(await askProfile(entry, 'worker:2', 0.5)), '{"nodes":[]}')
  for (const seconds of ['0', '-1', '601', 'long']) {
    const wrong = await ask(entry, { path: `/profile?process=worker:2&seconds=${seconds}` })
    t.match(wrong, { status: 400, body: { error: { message: /`seconds`/ } } }, seconds)
  }
  const notWanted = once(pipeline, 'notWanted')
  const path = '/profile?process=worker:2&seconds=60'
  const asked = request({ socketPath: entry.socket, path, agent: false }).end()
  asked.on('error', () => {})
  while (!pipeline.told.includes('profile worker:2 60')) await turn()
  asked.destroy()
  await notWanted
  pipeline.profile = async () => {
    throw new MillraceError('profile_running', 'worker:2 is being profiled already')
  }
  await t.rejects(askProfile(entry, 'worker:2', 1), { code: 'profile_running' })
  await server.close()
})

const eventAt = (second: number, text: string): EventEntry => ({
  at: new Date(second * 1000).toISOString(),
  level: 'info',
  text,
})

async function textsOf(entries: AsyncIterable<EventEntry>): Promise<string[]> {
  const texts: string[] = []
  for await (const { text } of entries) texts.push(text)
  return texts
}

t.test('events are told one a line, and to who follows until the end', async (t) => {
  const { pipeline, server, entry } = await serve('events')
  const { history } = pipeline
  for (const second of [1, 2, 3]) history.add(eventAt(second, `event ${second}`))
  t.same(await textsOf(askEvents(entry, { follow: false })), ['event 1', 'event 2', 'event 3'])
  t.same(await textsOf(askEvents(entry, { follow: false, last: 1 })), ['event 3'])
  const since = new Date(2000).toISOString()
  t.same(await textsOf(askEvents(entry, { follow: false, since })), ['event 2', 'event 3'])
  for (const query of ['last=few', 'since=yesterday']) {
    t.match(await ask(entry, { path: `/events?${query}` }), { status: 400 }, query)
  }
  const following = askEvents(entry, { follow: true, last: 1 })[Symbol.asyncIterator]()
  t.match(await following.next(), { value: { text: 'event 3' } })
  history.add(eventAt(4, 'event 4\u2028'))
  t.match(await following.next(), { value: { text: 'event 4\u2028' } })
  history.add(eventAt(5, 'the last'))
  history.end()
  t.match(await following.next(), { value: { text: 'the last' } })
  t.match(await following.next(), { done: true })
  await server.close()
})

t.test('who follows and does not read costs no memory, and is not waited for', async (t) => {
  const { pipeline, server, entry } = await serve('stuck')
  const path = '/events?follow'
  const asked = request({ socketPath: entry.socket, path, agent: false }).end()
  asked.on('error', () => {})
  const [response] = await once(asked, 'response')
  response.on('error', () => {})
  // Two thousand times 4 kB: more than fits on the way.
  for (let second = 0; second < 2000; second++) {
    pipeline.history.add(eventAt(second, 'x'.repeat(4096)))
    await turn()
  }
  t.ok(pipeline.history.entries.length < 2000)
  const begun = performance.now()
  await server.close()
  t.ok(performance.now() - begun < 1000, 'what is under way has a second, and this is not waited for')
})

t.test('a wrong request is an error that says what would be right', async (t) => {
  const { server, entry } = await serve('wrong')
  const post = { method: 'POST', path: '/restart' }
  t.match(await ask(entry, { path: '/stats' }), { status: 404, body: { error: { message: /GET \/status/ } } })
  t.match(await ask(entry, { path: '/restart' }), { status: 404 })
  t.match(await ask(entry, post), {
    status: 400,
    body: { error: { code: 'bad_usage', message: /worker:2/ } },
  })
  t.match(await ask(entry, { ...post, body: 'nonsense' }), { status: 400 })
  t.match(await ask(entry, { ...post, body: 'x'.repeat(5_000_000) }), {
    status: 400,
    body: { error: { message: /bytes/ } },
  })
  await server.close()
})

t.test('parameters of an address are what they would be in a body', async (t) => {
  const { pipeline, server, entry } = await serve('address-parameters')
  const post = (path: string, body?: string) => ask(entry, { method: 'POST', path, ...(body && { body }) })
  t.match(await post('/scale?workers=8'), { status: 200, body: { from: 3, to: 8 } })
  t.match(await post('/rate?perSecond=0.5'), { body: { perSecond: 0.5 } })
  t.match(await post('/rate?perSecond=null'), { body: { perSecond: null } })
  t.match(await post('/rate?perSecond=5', '{"perSecond":7}'), { body: { perSecond: 7 } }, 'a body goes first')
  t.match(await post('/dead/drop?all=true'), { body: { dropped: 2 } })
  t.match(await post('/dead/drop?ids=a&ids=b'), { body: { dropped: 2 } })
  t.match(await post('/dead/drop?ids=a'), { body: { dropped: 1 } })
  const told = ['setRate 0.5', 'setRate null', 'setRate 7', 'drop all', 'drop a,b', 'drop a']
  t.same(pipeline.told, told)
  for (const path of ['/scale?workers=eight', '/scale?workers=', '/scale?workers=1&workers=2']) {
    t.match(await post(path), { status: 400, body: { error: { message: /`workers` must be/ } } }, path)
  }
  t.same(pipeline.told, told)
  await server.close()
})

t.test('?now=true stops now, as it would in a body', async (t) => {
  const now = await serve('now')
  void now.pipeline.finished.then(() => now.end(summary))
  t.match(await ask(now.entry, { method: 'POST', path: '/stop?now=true' }), {
    status: 200,
    body: { summary },
  })
  t.same(now.pipeline.told, ['stopNow'])
  await now.server.close()
  const notNow = await serve('not-now')
  notNow.pipeline.once('drain', () => notNow.end(summary))
  t.match(await ask(notNow.entry, { method: 'POST', path: '/stop?now=false' }), { status: 200 })
  t.same(notNow.pipeline.told, ['drain asked to stop'])
  await notNow.server.close()
})

t.test('a parameter that is mistyped, or neither true nor false, stops nothing and is named', async (t) => {
  const { pipeline, server, entry } = await serve('mistyped')
  const refused = async (path: string, message: string, body?: string) =>
    t.match(
      await ask(entry, { method: 'POST', path, ...(body && { body }) }),
      { status: 400, body: { error: { code: 'bad_usage', message } } },
      `${path} ${body}`,
    )
  await refused('/stop?now', '`now` must be true or false, and is ""')
  await refused('/dead/drop?all=', '`all` must be true or false, and is ""')
  await refused('/stop?now=yes', '`now` must be true or false, and is "yes"')
  await refused('/stop', '`now` must be true or false, and is "true"', '{"now":"true"}')
  await refused('/stop?mow=true', 'POST /stop takes no `mow`, but `now`; did you mean `now`?')
  await refused('/drain?now=true', 'POST /drain takes no `now`, but nothing')
  await refused('/scale', 'POST /scale takes no `count`, but `workers`', '{"count":3}')
  await refused('/dead/drop?al=true', 'takes no `al`, but `ids` and `all`; did you mean `all`?')
  t.match(await ask(entry, { path: '/events?folow' }), {
    status: 400,
    body: { error: { message: /did you mean `follow`\?/ } },
  })
  t.same(pipeline.told, [])
  await server.close()
})

t.test('an address that cannot be read is a wrong request, and the pipeline stays in reach', async (t) => {
  const { server, entry } = await serve('address')
  for (const path of ['//', 'http://[']) {
    t.match(await ask(entry, { path }), { status: 400, body: { error: { code: 'bad_usage' } } }, path)
  }
  t.same(await askStatus(entry), report)
  await server.close()
})

t.test('a stop is answered with the account once the pipeline has ended', async (t) => {
  const { pipeline, server, entry, end } = await serve('stop')
  const stopping = askStop(entry)
  await once(pipeline, 'drain')
  end(summary)
  await server.close()
  t.same(await stopping, summary)
})

t.test('a stop of a pipeline that dies without an account is still a stop', async (t) => {
  const { pipeline, server, entry, end } = await serve('die')
  const stopping = askStop(entry)
  await once(pipeline, 'drain')
  end(undefined)
  await server.close()
  t.equal(await stopping, undefined)
})

t.test('an entry whose socket nobody serves is removed when it is met', async (t) => {
  const socket = socketFor('gone', runtime)
  const entry: Entry = { name: 'gone', pid: process.pid, stateDir: '', since: '', socket, version: '' }
  register(entry)
  writeFileSync(socket, '')
  await t.rejects(askStatus(entry), { code: 'not_running', message: /`gone` .* is not running any more/ })
  t.notOk(existsSync(socket))
  t.notOk(existsSync(socket.replace('.sock', '.json')))
})

t.test('a socket that a dead process left is taken over', async (t) => {
  writeFileSync(socketFor('left', runtime), '')
  const { server, entry } = await serve('left')
  t.same(await askStatus(entry), report)
  await server.close()
})
