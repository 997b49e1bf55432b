import { Writable } from 'node:stream'
import t from 'tap'
import type { PipelineEvent } from '../../src/telemetry/events.js'
import { logOmitted, primaryLogger, sentenceOf } from '../../src/telemetry/log.js'

function logged(pretty: boolean) {
  const written: string[] = []
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      written.push(String(chunk))
      done()
    },
  })
  const tell = logOmitted(primaryLogger('mill', 'info', destination), pretty)
  return { tell, line: () => JSON.parse(written.pop()!) }
}

const retried = { type: 'recordRetried', id: 'count:7', attempt: 3, inMs: 199.6, error: 'no sevens' } as const
const givenUp = {
  type: 'recordDeadLettered',
  id: 'count:8',
  attempts: 5,
  error: 'no',
  to: '/dead',
} as const

t.test('one line stands for the failures that have none, and gives the last of them', async (t) => {
  const { tell, line } = logged(false)
  tell({ more: 137, last: retried })
  t.match(line(), {
    level: 40,
    msg: '137 more failed attempts in the last second, the last: count:7 failed in attempt 3, again in 200 ms: no sevens',
    more: 137,
    last: { event: 'recordRetried', id: 'count:7', attempt: 3 },
  })
  tell({ more: 1, last: givenUp })
  t.match(line(), {
    level: 50,
    msg: '1 more record given up in the last second, the last: count:8 given up after 5 attempts: no; kept in /dead',
  })
})

t.test('to a person the sentence says it all', async (t) => {
  const { tell, line } = logged(true)
  tell({ more: 2, last: givenUp })
  t.match(line(), { msg: /^2 more records given up in/, more: undefined, last: undefined })
})

t.test('a planned change says what became of the records that were in hand', async (t) => {
  const change = { type: 'processRestarted', process: 'worker:2', cause: 'asked', why: null } as const
  const restarted = { ...change, oldPid: 1, newPid: 2, milliseconds: 180 }
  const told: [Parameters<typeof sentenceOf>[0], string][] = [
    [{ ...restarted, handedOn: 0 }, 'worker:2 restarted as asked: pid 1 → 2, 180 ms'],
    [
      { ...restarted, handedOn: 3, killed: true, returned: 1 },
      'worker:2 restarted as asked: pid 1 → 2, 3 records handed to others, 1 record done twice, 180 ms',
    ],
    [{ ...restarted, oldPid: null, handedOn: 0 }, 'worker:2 restarted as asked: pid none → 2, 180 ms'],
    [
      { type: 'workersScaled', from: 8, to: 2, handedOn: 950, ms: 47 },
      '2 workers where there were 8, 950 records handed to others, 47 ms',
    ],
  ]
  for (const [event, text] of told) t.equal(sentenceOf(event).text, text)
})

t.test('the start line says which configuration file is in use, if one is', (t) => {
  const started: PipelineEvent = {
    type: 'pipelineStarted',
    pid: 7,
    workers: 2,
    transport: 'ipc',
    delivers: true,
    resumesFrom: 'from the beginning of the source',
    config: null,
    bound: { records: 20, bytes: 2 ** 20, retries: 10 },
  }
  t.match(sentenceOf(started).text, /^2 workers over ipc, from the beginning/)
  const { text } = sentenceOf({ ...started, config: '/mill/millrace.config.mjs' })
  t.match(text, /^by \/mill\/millrace\.config\.mjs: 2 workers over ipc/)
  t.end()
})
