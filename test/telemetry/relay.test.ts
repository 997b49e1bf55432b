import { Writable } from 'node:stream'
import t from 'tap'
import { primaryLogger } from '../../src/telemetry/log.js'
import { LogRelay } from '../../src/telemetry/relay.js'

const speaker = { role: 'worker', index: 2, id: 'worker:2', pid: 77 } as const

function relay() {
  const written: string[] = []
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      written.push(String(chunk))
      done()
    },
  })
  return { written, relay: new LogRelay(primaryLogger('mill', 'info', destination), destination) }
}

t.test('what a handler prints becomes a log line that says which process it is from', async (t) => {
  const { written, relay: log } = relay()
  log.pass(speaker, 'hello', 'stdout')
  log.pass({ ...speaker, pid: 78 }, 'hello again', 'stderr')
  const [first, second] = written.map((line) => JSON.parse(line))
  t.match(first, { msg: 'hello', pipeline: 'mill', role: 'worker', worker: 2, process: 'worker:2', pid: 77 })
  t.match(second, { msg: 'hello again', pid: 78, stream: 'stderr' })
})

t.test('lines of a logger are passed on as they are, and empty ones are not', async (t) => {
  const { written, relay: log } = relay()
  const line = '{"level":30,"time":1,"msg":"from pino"}'
  log.pass(speaker, line, 'stderr')
  log.pass(speaker, '', 'stderr')
  t.same(written, [`${line}\n`])
  log.pass(speaker, line, 'stdout')
  t.match(JSON.parse(written[1]!), { msg: line, stream: 'stdout' }, 'data on stdout is no log line')
})
