import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { serveHttp } from '../../src/http/server.js'
import type { Observable, StatusReport } from '../../src/model/status.js'
import { report, StubPipeline } from '../fixtures/control/pipeline.js'

const token = 'hunter2hunter2hunter2'

/** A server of its own for a test, and a way to ask it. */
async function serve(t: { teardown(clean: () => unknown): unknown }, secret?: string) {
  const stub = new StubPipeline()
  const opened: { pipeline: Observable | undefined } = { pipeline: stub }
  const config = { host: '127.0.0.1', port: 0, ...(secret !== undefined && { token: secret }) }
  const server = await serveHttp(config, () => opened.pipeline)
  t.teardown(() => server.close())
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') => {
    const [response] = await once(
      request(server.url + path, { headers, method, agent: false }).end(),
      'response',
    )
    return { status: response.statusCode as number, headers: response.headers, body: await text(response) }
  }
  return { stub, opened, server, ask }
}

t.test('metrics, health, readiness and status are answered, and nothing can be changed', async (t) => {
  const { stub, ask } = await serve(t)
  t.match(await ask('/metrics'), {
    status: 200,
    headers: { 'content-type': 'text/x-prometheus', 'cache-control': 'no-store' },
    body: /^millrace_build_info 1\n$/,
  })
  const accept = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5'
  t.match(await ask('/metrics', { accept }), { headers: { 'content-type': 'text/x-openmetrics' } })
  t.same(JSON.parse((await ask('/status')).body), report)
  t.match(await ask('/healthz'), { status: 200, body: '{"ok":true,"why":"100 records in flight"}\n' })
  t.match(await ask('/healthz', {}, 'HEAD'), { status: 200, body: '' })
  stub.state = { ok: false, why: 'nothing was settled for 301 s' }
  for (const path of ['/healthz', '/readyz'])
    t.match(await ask(path), { status: 503, body: '{"ok":false,"why":"nothing was settled for 301 s"}\n' })
  for (const [path, method] of [
    ['/', 'GET'],
    ['/stop', 'POST'],
    ['/healthz', 'POST'],
  ] as const)
    t.match(await ask(path, {}, method), { status: 404, body: /there are GET \/metrics, \/healthz/ })
})

t.test('before the pipeline is opened it is starting, whatever is asked', async (t) => {
  const { opened, ask } = await serve(t)
  opened.pipeline = undefined
  for (const path of ['/metrics', '/healthz', '/readyz', '/status'])
    t.match(await ask(path), { status: 503, body: '{"ok":false,"why":"starting"}\n' })
})

t.test('an answer that cannot be given is an error of its own, and the next one is given', async (t) => {
  const { stub, ask } = await serve(t)
  stub.metrics = async () => {
    throw new Error('no figures')
  }
  t.match(await ask('/metrics'), { status: 500, body: /"message":"no figures"/ })
  t.match(await ask('/healthz'), { status: 200 })
})

t.test('on this machine only a request that names it is answered, and no page of elsewhere', async (t) => {
  const { server, ask } = await serve(t)
  const { port } = new URL(server.url)
  for (const host of ['localhost', `localhost:${port}`, '127.0.0.1', '[::1]:80', 'LOCALHOST'])
    t.match(await ask('/healthz', { host }), { status: 200 }, host)
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
  ])
    t.match(await ask('/status', { host }), { status: 403, body: /Host/ }, host)
  for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${port}`, 'http://127.0.0.1:1'])
    t.match(await ask('/status', { origin }), { status: 403, body: /origin/ }, origin)
  t.match(await ask('/status', { origin: server.url }), { status: 200 })
  t.match(await ask('/nowhere', { host: 'evil.example' }), { status: 403 }, 'whatever is asked')
})

t.test('an address that cannot be read is refused as any other, or an error like any other', async (t) => {
  const { ask } = await serve(t)
  t.match(await ask('/%zz', { host: 'evil.example' }), { status: 403, body: /"code":"refused"/ })
  const unreadable = await ask('/%zz')
  t.match(unreadable, { status: 400, headers: { 'cache-control': 'no-store' } })
  t.match(JSON.parse(unreadable.body), { error: { code: 'bad_usage', message: /'\/%zz' is not a valid/ } })
})

t.test('with a token, whoever brings it is answered, by whatever name, and nobody else', async (t) => {
  const { ask } = await serve(t, token)
  const authorization = `Bearer ${token}`
  for (const headers of [
    { authorization },
    { authorization: `bearer ${token}` },
    { authorization, host: 'mill.example' },
  ])
    t.match(await ask('/metrics', headers), { status: 200 })
  for (const given of [
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    `Basic ${token}`,
    token,
  ]) {
    const refused = await ask('/metrics', given === '' ? {} : { authorization: given })
    t.match(refused, { status: 401, headers: { 'www-authenticate': 'Bearer' } }, given)
    t.notMatch(refused.body, /hunter2/)
  }
  for (const path of ['/healthz', '/readyz']) {
    t.same(
      JSON.parse((await ask(path, {})).body),
      { ok: true },
      'a probe without the token gets the status alone',
    )
    t.match(JSON.parse((await ask(path, { authorization })).body), { ok: true, why: String })
  }
  t.match(await ask('/status', { authorization, origin: 'http://evil.example' }), { status: 403 })
})

t.test('a port that is in use is one error that names the address and the fix', async (t) => {
  const { server } = await serve(t)
  const port = Number(new URL(server.url).port)
  await t.rejects(
    serveHttp({ host: '127.0.0.1', port }, () => undefined),
    {
      code: 'address_in_use',
      message: `another process listens on 127.0.0.1:${port} already; end that one, or give \`http\` another port, such as 127.0.0.1:${port + 1}`,
    },
  )
  await t.rejects(
    serveHttp({ host: '192.0.2.1', port: 80, token }, () => undefined),
    {
      code: 'bad_config',
      message: /`http` cannot listen on 192\.0\.2\.1:80: .*; give an address of this machine/,
    },
  )
})

t.test('at the end an answer under way is given, and one that is never given holds up nothing', async (t) => {
  const { stub, server, ask } = await serve(t)
  let answer: (status: StatusReport) => void = () => {}
  stub.status = () =>
    new Promise((resolve) => {
      answer = resolve
      stub.emit('asked')
    })
  const asked = ask('/status')
  await once(stub, 'asked')
  const closed = server.close()
  answer(report)
  t.match(await asked, { status: 200 })
  await closed

  const other = await serve(t)
  other.stub.status = () => {
    other.stub.emit('asked')
    return new Promise(() => {})
  }
  const never = t.rejects(other.ask('/status'), 'it is cut off')
  await once(other.stub, 'asked')
  await other.server.close()
  await never
})
