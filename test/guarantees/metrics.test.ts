import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import type { Health } from '../../src/model/status.js'
import { statusOf, statusUntil } from '../from-outside.js'
import { fixture, millrace, PipelineRun } from '../pipeline-run.js'
import { ask, scrape } from '../scrape.js'
import { temporaryFolder } from '../temporary-folder.js'

const RECORDS = 1000

const http = ['--http', '127.0.0.1:0', '--name', 'mill']

const lines = (records: number) => Array.from({ length: records }, (_, i) => `${i}\n`).join('')

t.test('metrics add up while records flow, and are exactly the account when they rest', async (t) => {
  const run = new PipelineRun(
    t,
    [
      ...['--from', 'stdin:', '--worker', fixture('workers/meet-every-fate.mjs'), '--to', 'null:', ...http],
      ...['--workers', '2', '--retry-backoff', '20ms'],
    ],
    { input: 'open' },
  )
  run.stdin.write(lines(RECORDS))
  await run.event('pipelineStarted')
  const outcomes = ['delivered', 'dropped', 'dead_lettered']
  for (let settled = 0; settled < RECORDS; ) {
    const now = await scrape(run)
    settled = outcomes
      .map((outcome) => now.value(`records_settled_total{outcome="${outcome}"}`))
      .reduce((sum, count) => sum + count)
    t.equal(now.value('records_read_total'), settled + now.value('records_in_flight'))
    t.equal(now.value('end_to_end_seconds_count'), now.value('records_settled_total{outcome="delivered"}'))
  }
  const { counters, deadLetters } = await statusOf(run)
  const last = await scrape(run)
  t.equal(last.value('records_read_total'), RECORDS)
  t.equal(last.value('records_settled_total{outcome="delivered"}'), counters.delivered)
  t.equal(last.value('records_settled_total{outcome="dropped"}'), counters.dropped)
  t.equal(last.value('records_settled_total{outcome="dead_lettered"}'), counters.deadLettered)
  t.equal(last.value('results_delivered_total'), counters.results)
  t.equal(last.value('retries_total'), counters.retried)
  t.equal(last.value('dead_letters'), deadLetters)
  const lent = last.value('batch_records_sum{hop="lent"}')
  t.ok(lent >= RECORDS + counters.retried, `${lent} were lent, those that came back untouched among them`)
  const waited = last.value('queue_wait_seconds_count')
  t.ok(
    waited >= RECORDS && waited <= lent - counters.retried,
    `${waited} waited; a retry waits for something else`,
  )
  t.equal(last.value('batch_records_sum{hop="read"}'), RECORDS)
  t.equal(last.value('batch_records_sum{hop="delivering"}'), counters.results)
  t.ok(last.value('handler_seconds_count') > RECORDS / 2, `${last.value('handler_seconds_count')} calls`)
  t.ok(last.value('handler_seconds_sum') / last.value('handler_seconds_count') >= 0.001, 'of 1 ms and more')
  t.equal(last.value('quiet_seconds'), 0)
  t.equal(last.value('pipeline_state{state="running"}'), 1)
  for (const process of ['primary', 'writer', 'worker:1', 'sender']) {
    const role = process.split(':')[0]
    const of = `{process="${process}",role="${role}"}`
    t.ok(last.has(`process_resident_memory_bytes${of}`), process)
    t.ok(last.value(`process_cpu_seconds_total${of}`) > 0, `${process} has used the processor`)
  }
  t.equal(last.value('process_records_total{process="sender",role="sender"}'), counters.results)
  t.notOk(last.has('process_records_total{process="writer",role="writer"}'), 'the writer works nothing off')
  t.match(await (await ask(run, '/healthz')).json(), { ok: true, why: 'nothing to do' })

  process.kill(run.pidOf('worker:1'), 'SIGKILL')
  await statusUntil(run, ({ processes }) =>
    processes.every(({ restarts, state, id }) => state === 'ready' && (id !== 'worker:1' || restarts === 1)),
  )
  const after = await scrape(run)
  t.equal(after.value('restarts_total{role="worker",cause="crash"}'), 1)
  t.equal(after.value('restarts_total{role="worker",cause="planned"}'), 0)
  const budget = '{process="worker:1",role="worker"}'
  t.equal(after.value(`process_restart_budget_left${budget}`), 4)
  t.equal(after.value(`process_restart_budget_limit${budget}`), 5)

  run.stdin.end()
  t.match(await run.ended, { code: 0 })
  await t.rejects(ask(run, '/healthz'), 'the port is free again')
})

t.test('a handler that is stuck turns health to 503, with the record and who has it', async (t) => {
  const run = new PipelineRun(
    t,
    [
      ...['--from', 'stdin:', '--worker', fixture('workers/hang-at.mjs'), '--to', 'null:', ...http],
      ...['--workers', '1', '--stalled-after', '300ms'],
    ],
    { input: 'open', env: { HANGS: '3' } },
  )
  await run.event('pipelineStarted')
  t.match(await ask(run, '/healthz'), { status: 200 })
  t.match(await ask(run, '/readyz'), { status: 200 })
  run.stdin.write(lines(5))
  let health = await ask(run, '/healthz')
  for (; health.status === 200; health = await ask(run, '/healthz')) await sleep(20)
  t.equal(health.status, 503)
  t.match(await health.json(), {
    ok: false,
    why: /^nothing was settled for \d+ s, .*worker:1 has had .* in hand/,
  })
  t.match(await ask(run, '/readyz'), { status: 200 }, 'it is ready all the same')
  t.equal((await scrape(run)).value('pipeline_healthy'), 0)
  const { stdout } = await promisify(execFile)('curl', [
    ...['--silent', '--unix-socket', join(run.folder, 'millrace', `mill-${run.pid}.sock`)],
    ...['--write-out', '%{http_code}', 'http://mill/healthz'],
  ])
  t.match(stdout, /"ok":false.*\n503$/, 'and so on the control socket')
})

t.test('records that wait behind one that is tried again later are no stall', async (t) => {
  const run = new PipelineRun(t, [
    ...[
      '--from',
      'count:10',
      '--worker',
      fixture('workers/fail-twice-at-seven.mjs'),
      '--to',
      'null:',
      ...http,
    ],
    ...['--workers', '1', '--order', 'input', '--stalled-after', '200ms'],
    ...['--retry-backoff', '1s', '--retry-max-backoff', '1s'],
  ])
  await run.event('pipelineStarted')
  const asked: Health[] = []
  for (let over = false; !over; await sleep(20)) {
    const answer = await ask(run, '/healthz').catch(() => undefined)
    if (answer) asked.push((await answer.json()) as Health)
    over = answer === undefined
  }
  t.ok(asked.length > 10, `${asked.length} answers`)
  t.same(
    asked.filter(({ ok }) => !ok),
    [],
  )
  t.match(await run.ended, { code: 0 })
})

t.test('an address that is in use ends the run before anything is forked, with the fix', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const args = ['--from', 'count:10', '--worker', fixture('workers/same.mjs'), '--to', 'null:']
  const run = new PipelineRun(t, [...args, '--http', `127.0.0.1:${port}`])
  t.match(await run.ended, { code: 1 })
  t.match(run.prose.join('\n'), `another process listens on 127.0.0.1:${port} already; end that one, or`)
  t.same(run.pids, [])

  const open = new PipelineRun(t, args, { env: { MILLRACE_HTTP: '0.0.0.0:9464' } })
  t.match(await open.ended, { code: 78 })
  t.match(open.prose.join('\n'), /MILLRACE_HTTP listens to others than this machine, and has no token/)
})

t.test('a pipeline in another program answers too, and its token is printed nowhere', async (t) => {
  const index = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
  const token = 'hunter2hunter2hunter2'
  const program = `
    import { runPipeline } from '${index}'
    const config = { writer: 'count:10', worker: '${fixture('workers/same.mjs')}', sender: 'null:' }
    const http = { listen: '127.0.0.1:0', token: '${token}' }
    let url
    const onEvent = (event) => { if (event.type === 'httpOpened') url = event.url }
    const pipeline = await runPipeline({ ...config, http }, { onEvent })
    const ask = async (headers) => (await fetch(url + '/metrics', { headers })).status
    const answers = [await ask({}), await ask({ authorization: 'Bearer ${token}' })]
    await pipeline.finished
    console.log(JSON.stringify(answers), await ask({}).catch(() => 'closed'))`
  const [env, [options, node]] = millrace()
  const { stdout, stderr } = await promisify(execFile)(
    env,
    [options!, node!, '--input-type=module', '--eval', program],
    { cwd: temporaryFolder(t) },
  )
  t.match(stdout, /^\[401,(200|503)\] closed\n$/)
  t.match(stderr, /metrics and health on http:\/\/127\.0\.0\.1:\d+/)
  t.notMatch(stderr, token)
})
