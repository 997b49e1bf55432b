import fc from 'fast-check'
import t from 'tap'
import { type End, parseConnector } from '../../src/config/connector-string.js'
import type { MillraceError } from '../../src/errors.js'

const place = { label: '--from', base: '/data', code: 'bad_usage' as const }
const parse = (text: string, end: End = 'source', extra = {}) => parseConnector(text, extra, end, place)

function problemOf(build: () => unknown): MillraceError {
  try {
    build()
  } catch (thrown) {
    return thrown as MillraceError
  }
  throw new Error('there was no problem')
}

t.test('a file is named by a path relative to where it was written', async (t) => {
  t.same(parse('file:big.log?format=ndjson'), {
    scheme: 'file',
    url: 'file:big.log?format=ndjson',
    target: '/data/big.log',
    options: { format: 'ndjson' },
  })
  t.equal(parse('file:///var/big.log').target, '/var/big.log')
  t.equal(parse('file:/var/big.log', 'sink').target, '/var/big.log')
})

t.test('options may stand in the string or beside it, but not twice', async (t) => {
  t.same(parse('stdin:', 'source', { format: 'ndjson' }).options, { format: 'ndjson' })
  t.match(
    problemOf(() => parse('stdin:?format=lines', 'source', { format: 'lines' })),
    {
      code: 'connector_option',
      message: /`format` is given twice/,
    },
  )
})

t.test('count: takes any whole number up to 2^53-1', async () => {
  fc.assert(fc.property(fc.maxSafeNat(), (n) => parse(`count:${n}`).target === String(n)))
})

t.test('an unknown scheme is answered with the nearest one and the list', async (t) => {
  const problem = problemOf(() => parse('fiel:big.log'))
  t.equal(problem.code, 'connector_unknown')
  t.match(
    problem.message,
    /--from: unknown connector `fiel:`; did you mean `file:`\?; .*file:PATH, stdin:, count:N/,
  )
})

t.test('brokers are said to be absent from this version, without quoting a password', async (t) => {
  for (const url of ['kafka://ann:hunter2@host/topic', 'nats://ann:hunter2@host/subject']) {
    const problem = problemOf(() => parse(url))
    t.match(problem, { code: 'connector_unknown', message: /not in this version/ })
    t.notMatch(problem.message, /hunter2/)
  }
})

t.test('a connector at the wrong end of the pipeline is refused', async (t) => {
  t.match(
    problemOf(() => parse('stdout:')),
    { code: 'bad_usage', message: /`stdout:` cannot be read from/ },
  )
  t.match(
    problemOf(() => parse('count:5', 'sink')),
    { message: /`count:` cannot be delivered to; .*null:/ },
  )
})

t.test('an unknown or invalid option is answered with the options that there are', async (t) => {
  const wrong: [string, End, RegExp][] = [
    [
      'file:a?fromat=lines',
      'source',
      /unknown option `fromat`; did you mean `format`\? .*`format` \(lines or ndjson\)/,
    ],
    ['file:a?format=csv', 'source', /`format` must be lines or ndjson, not 'csv'/],
    ['null:?x=1', 'sink', /`null:` knows no options/],
    ['file:', 'source', /`file:` and a path/],
    ['file://big.log', 'source', /write `file:big.log`/],
    ['count:', 'source', /whole number from 0 to 2\^53-1/],
    ['count:-1', 'source', /whole number/],
    ['count:9007199254740992', 'source', /whole number/],
    ['stdin:x', 'source', /nothing stands behind/],
    ['file:a?constructor=1', 'source', /unknown option `constructor`/],
  ]
  for (const [text, end, message] of wrong) {
    t.match(
      problemOf(() => parse(text, end)),
      { code: 'connector_option', message },
      text,
    )
  }
})
