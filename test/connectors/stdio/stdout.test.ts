import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { stdoutSink } from '../../../src/connectors/stdio/stdout.js'
import { SinkClosed } from '../../../src/model/sink.js'
import { results, sinkContext } from '../context.js'

async function opened(output: Writable, options: Record<string, string> = {}) {
  const sink = stdoutSink({ scheme: 'stdout', url: 'stdout:', target: '', options }, output)
  await sink.open(undefined, sinkContext)
  return sink
}

t.test('strings are written as lines, other values as NDJSON', async (t) => {
  const output = new PassThrough()
  const sink = await opened(output)
  t.match(await sink.deliver(results('a', { b: 1 }, undefined)), [{ index: 2 }])
  output.end()
  t.equal(await text(output), 'a\n{"b":1}\n')
})

t.test('with ?format=ndjson strings are JSON too', async (t) => {
  const output = new PassThrough()
  await (await opened(output, { format: 'ndjson' })).deliver(results('a\nb'))
  output.end()
  t.equal(await text(output), '"a\\nb"\n')
})

t.test('lines that workers made are written as they come, in writes that end with a line', async (t) => {
  const writes: Buffer[] = []
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      writes.push(chunk)
      done()
    },
  })
  const run = Buffer.from(`${'x'.repeat(99)}\n`.repeat(100))
  await (await opened(output)).deliverLines([run, Buffer.from('last\n')])
  t.equal(Buffer.concat(writes).toString(), `${run}last\n`)
  t.ok(writes.every((bytes) => bytes.length <= 4096 && bytes.at(-1) === 10))
})

t.test('a result is delivered when it was taken, not when it was handed over', async (t) => {
  const taken: (() => void)[] = []
  const output = new Writable({ write: (_chunk, _encoding, done) => void taken.push(done) })
  const sink = await opened(output)
  let delivered = false
  const delivery = Promise.resolve(sink.deliver(results('a'))).then(() => {
    delivered = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(delivered)
  taken[0]?.()
  await delivery
})

t.test('a reader that is gone closes the sink, now and at every later delivery', async (t) => {
  const child = spawn('true', { stdio: ['pipe', 'ignore', 'inherit'] })
  await once(child, 'exit')
  const sink = await opened(child.stdin)
  const error = await Promise.resolve(sink.deliver(results('a'))).catch((error: unknown) => error)
  t.ok(error instanceof SinkClosed)
  await t.rejects(
    async () => sink.deliver(results('b')),
    new SinkClosed('The reader of standard output is gone.'),
  )
})

t.test('any other failure is passed on as it is', async (t) => {
  const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EIO')) })
  const sink = await opened(output)
  await t.rejects(async () => sink.deliver(results('a')), { message: 'EIO' })
})
