import { spawn } from 'node:child_process'
import { PassThrough, type Readable } from 'node:stream'
import t from 'tap'
import { stdinSource } from '../../../src/connectors/stdio/stdin.js'
import type { SourceContext } from '../../../src/model/source.js'
import { bareNode } from '../../bare-node.js'
import { seenBy, seenIn, silent, sourceContext } from '../context.js'

async function reading(input: Readable, context: Partial<SourceContext> = {}, format = 'lines') {
  const source = stdinSource({ scheme: 'stdin', url: 'stdin:', target: '', options: { format } }, input)
  return (await source.open(undefined, sourceContext(context)))[Symbol.asyncIterator]()
}

/** The rest of what a source reads. */
async function rest(batches: AsyncIterator<unknown>) {
  const left = { [Symbol.asyncIterator]: () => batches } as AsyncIterable<never>
  return seenBy(left)
}

t.test('every line is a record with the id of its byte, and has no position', async (t) => {
  const input = new PassThrough()
  input.end('a\r\n\nlast')
  t.strictSame(await rest(await reading(input)), [
    { value: 'a', id: 'stdin@0', next: null },
    { value: '', id: 'stdin@3', next: null },
    { value: 'last', id: 'stdin@4', next: null },
  ])
})

t.test('NDJSON is read as values, and what is not JSON is refused', async (t) => {
  const input = new PassThrough()
  input.end('{"a":1}\nno\n')
  t.strictSame(await rest(await reading(input, {}, 'ndjson')), [
    { value: { a: 1 }, id: 'stdin@0', next: null },
    { refused: 'record_not_json', id: 'stdin@8', next: null },
  ])
})

t.test('a record that arrives alone is handed on at once', async (t) => {
  const input = new PassThrough()
  const batches = await reading(input)
  for (const value of ['one', 'two']) {
    input.write(`${value}\n`)
    const { value: batch } = await batches.next()
    t.match(seenIn(batch), [{ value }])
  }
  input.end()
  t.match(await batches.next(), { done: true })
})

t.test('lines of a real pipe are read exactly', async (t) => {
  const program = `for (let i = 0; i < 50_000; i++) process.stdout.write('line ' + i + ' ä\\n')`
  const [command, first] = bareNode()
  const child = spawn(command, [...first, '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const seen = await rest(await reading(child.stdout))
  t.equal(seen.length, 50_000)
  t.ok(seen.every(({ value }, i) => value === `line ${i} ä`))
})

t.test('nothing is read on while nothing more is wanted', async (t) => {
  const input = new PassThrough({ highWaterMark: 100 })
  const batches = await reading(input)
  input.write('a\n')
  await batches.next()
  while (input.write('0123456789\n'));
  t.ok(input.readableLength + input.writableLength < 500, 'the producer is held back')
  input.destroy()
})

t.test('it stops while it waits for input, and lets go of the stream', async (t) => {
  const child = spawn('sleep', ['60'], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  const stop = new AbortController()
  const batches = await reading(child.stdout, { signal: stop.signal })
  const next = batches.next()
  stop.abort()
  t.match(await next, { done: true })
  t.ok(child.stdout.destroyed)
})

t.test('complete lines that were read before a stop are still handed on', async (t) => {
  const input = new PassThrough()
  const stop = new AbortController()
  const lost: object[] = []
  const log = { ...silent, warn: (fields: object | string) => void lost.push(Object(fields)) }
  const batches = await reading(input, { signal: stop.signal, wanted: () => 1, log })
  input.write('a\nb\n')
  t.match(seenIn((await batches.next()).value), [{ value: 'a' }])
  input.write('c\nunfini')
  stop.abort()
  t.match(await rest(batches), [{ value: 'b' }, { value: 'c' }])
  t.strictSame(lost, [{ bytes: 6 }], 'and the beginning of a line is reported')
})

t.test('a stop before the first line reads nothing', async (t) => {
  const input = new PassThrough()
  const batches = await reading(input, { signal: AbortSignal.abort() })
  t.match(await batches.next(), { done: true })
  t.ok(input.destroyed)
})

t.test('a broken input is an error that keeps its cause', async (t) => {
  const input = new PassThrough()
  const batches = await reading(input)
  const next = batches.next()
  input.destroy(new Error('EIO'))
  await t.rejects(next, {
    code: 'source_failed',
    message: /standard input failed \(EIO\)/,
    cause: { message: 'EIO' },
  })
})

t.test('leaving early lets go of the stream', async (t) => {
  const input = new PassThrough()
  const batches = await reading(input)
  input.write('a\nb\n')
  await batches.next()
  await batches.return?.()
  t.ok(input.destroyed)
})
