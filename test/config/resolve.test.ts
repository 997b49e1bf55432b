import { join } from 'node:path'
import t from 'tap'
import type { LoadedFile } from '../../src/config/load-file.js'
import { resolveConfig, type Surroundings } from '../../src/config/resolve.js'
import type { MillraceError } from '../../src/errors.js'

const cwd = t.testdir({ 'worker.mjs': '', 'my worker!.ts': '', pipe: { 'worker.mjs': '', 'writer.mjs': '' } })
const folder = join(cwd, 'pipe')

const fileWith = (content: unknown): LoadedFile => ({
  path: join(folder, 'millrace.config.mjs'),
  base: folder,
  content,
})

interface Given extends Partial<Surroundings> {
  readonly flags?: Readonly<Record<string, string>>
  readonly file?: unknown
}

function resolve({ flags = {}, file, ...surroundings }: Given) {
  const labelled = Object.entries(flags).map(([key, text]) => [key, { label: `--${key}`, text }])
  return resolveConfig({
    flags: Object.fromEntries(labelled),
    file: file === undefined ? undefined : fileWith(file),
    surroundings: { cwd, env: {}, stdinIsTTY: false, stdoutIsTTY: true, availableCpus: 7, ...surroundings },
  })
}

function problemOf(given: Given): MillraceError {
  try {
    resolve(given)
  } catch (thrown) {
    return thrown as MillraceError
  }
  throw new Error('there was no problem')
}

t.test('every key has its documented default', async (t) => {
  t.same(resolve({ file: { worker: './worker.mjs' } }), {
    name: 'worker',
    writer: { connector: { scheme: 'stdin', url: 'stdin:', target: '', options: {} } },
    worker: { path: join(folder, 'worker.mjs'), with: {} },
    sender: undefined,
    workers: 7,
    concurrency: 1,
    inQueue: 16384,
    outQueue: 16384,
    queueBytes: 64 * 2 ** 20,
    maxRecord: 32 * 2 ** 20,
    order: 'none',
    codec: 'msgpack',
    retry: { attempts: 5, backoff: 200, factor: 3, maxBackoff: 30_000, deaths: 3 },
    deadLetter: {
      to: { file: join(folder, '.millrace/worker/dead-letters.ndjson') },
      maxSize: 2 ** 30,
      pauseAbove: 0.2,
    },
    restart: { intensity: 5, period: 60_000, backoff: 100, maxBackoff: 30_000, startTimeout: 60_000 },
    recycle: {},
    onWriterLoss: 'fail',
    transport: { kind: 'ipc' },
    stalledAfter: 300_000,
    http: undefined,
    stateDir: join(folder, '.millrace/worker'),
    keepsState: true,
    checkpoint: { every: 1000 },
    shutdown: { timeout: 30_000 },
    log: { level: 'info' },
    file: join(folder, 'millrace.config.mjs'),
  })
})

t.test('flags win over the environment, and that over the file', async (t) => {
  const file = { worker: './worker.mjs', inQueue: 1, outQueue: 1, retry: { attempts: 1, factor: 2 } }
  const env = { MILLRACE_IN_QUEUE: '2', MILLRACE_OUT_QUEUE: '2', MILLRACE_RETRY_ATTEMPTS: '2' }
  const config = resolve({ file, env, flags: { inQueue: '3' } })
  t.match(config, { inQueue: 3, outQueue: 2, retry: { attempts: 2, factor: 2, backoff: 200 } })
})

t.test('a relative path starts from the place where it was written', async (t) => {
  const file = { worker: './worker.mjs', writer: 'file:in', stateDir: 'state', deadLetter: { to: 'dead' } }
  t.match(resolve({ file }), {
    worker: { path: join(folder, 'worker.mjs') },
    writer: { connector: { target: join(folder, 'in') } },
    stateDir: join(folder, 'state'),
    deadLetter: { to: { file: join(folder, 'dead') } },
  })
  t.match(
    resolve({ file, flags: { worker: 'worker.mjs', stateDir: 's' }, env: { MILLRACE_WRITER: 'file:in' } }),
    {
      worker: { path: join(cwd, 'worker.mjs') },
      writer: { connector: { target: join(cwd, 'in') } },
      stateDir: join(cwd, 's'),
    },
  )
})

t.test('a module or connector may be given with what it works with', async (t) => {
  const config = resolve({
    file: {
      worker: { use: './worker.mjs', with: { url: 'x' } },
      writer: { use: './writer.mjs', with: { from: 5 } },
      sender: { use: 'file:out', with: { format: 'ndjson' } },
    },
  })
  t.match(config, {
    worker: { with: { url: 'x' } },
    writer: { module: { path: join(folder, 'writer.mjs'), with: { from: 5 } } },
    sender: { connector: { scheme: 'file', options: { format: 'ndjson' } } },
  })
})

t.test('all problems of a file are listed, one line each, by their keys', async (t) => {
  const problem = problemOf({
    file: {
      worker: './worker.mjs',
      inQueu: 3,
      workers: 0,
      codec: 'xml',
      retry: { attempts: 1.5, atempts: 3, backoff: '10 parsecs' },
      log: 'debug',
      period: '1s',
      shutdown: { timeout: '400d' },
      writer: { use: 'a', wiht: {} },
      sender: { use: 'a.mjs', with: { call: () => {} } },
    },
  })
  t.match(problem, { code: 'bad_config', exitCode: 78 })
  const lines = problem.message.split('\n')
  const has = (text: string) =>
    t.ok(
      lines.some((line) => line.includes(text)),
      text,
    )
  has(`unknown key \`inQueu\` in ${join(folder, 'millrace.config.mjs')}; did you mean \`inQueue\`?`)
  has('`workers` in ')
  has("must be 'auto' or a whole number of at least 1, not 0")
  has("not 'xml'")
  has('must be a whole number of at least 1, not 1.5')
  has('unknown key `retry.atempts`')
  has("not '10 parsecs'")
  has("must be an object of level, not 'debug'")
  has(`unknown key \`period\` in ${join(folder, 'millrace.config.mjs')}; did you mean \`restart.period\`?`)
  has("not '400d'")
  has('wiht')
  has('plain data')
  t.equal(lines.length, 11)
})

t.test('names that every object has are unknown keys like any other', async (t) => {
  for (const key of ['__proto__x', 'toString']) {
    t.match(problemOf({ file: { worker: './worker.mjs', [key]: 1 } }).message, `unknown key \`${key}\``)
  }
})

t.test('a value that is overridden is checked all the same', async (t) => {
  const problem = problemOf({ file: { worker: './worker.mjs', inQueue: 'many' }, flags: { inQueue: '3' } })
  t.match(problem.message, /`inQueue` in .* must be a whole number/)
})

t.test('an error names the flag or the variable that it is about', async (t) => {
  const flags = { worker: 'worker.mjs' }
  t.match(problemOf({ flags: { ...flags, inQueue: 'x' } }), {
    code: 'bad_usage',
    message: "--inQueue must be a whole number of at least 1, not 'x'",
  })
  t.match(problemOf({ flags, env: { MILLRACE_IN_QUEUE: '' } }), {
    code: 'bad_config',
    message: /^MILLRACE_IN_QUEUE must be/,
  })
  t.match(problemOf({ flags, env: { MILLRACE_IN_QUEU: '1' } }).message, /did you mean `MILLRACE_IN_QUEUE`/)
})

t.test('variables for children and for other programs are left alone', async (t) => {
  const env = { MILLRACE_CHILD_ROLE: 'worker', IN_QUEUE: '3', MILLRACE: '1' }
  t.equal(resolve({ flags: { worker: 'worker.mjs' }, env }).inQueue, 16384)
})

t.test('a run without a file keeps no state unless it is named', async (t) => {
  const flags = { worker: 'my worker!.ts' }
  t.match(resolve({ flags }), { name: 'my-worker', keepsState: false, file: undefined })
  t.match(resolve({ flags: { ...flags, name: 'x-1' } }), {
    name: 'x-1',
    keepsState: true,
    stateDir: join(cwd, '.millrace/x-1'),
  })
  t.match(resolve({ flags: { ...flags, stateDir: 'kept' } }), { keepsState: true })
  t.match(problemOf({ flags: { ...flags, name: '../x' } }).message, /letters, digits and dashes/)
})

t.test('results go to a piped stdout only when no file says otherwise', async (t) => {
  const flags = { worker: 'worker.mjs' }
  t.match(resolve({ flags, stdoutIsTTY: false }).sender, { connector: { scheme: 'stdout' } })
  t.equal(resolve({ flags, stdoutIsTTY: true }).sender, undefined)
  t.equal(resolve({ file: { worker: './worker.mjs' }, stdoutIsTTY: false }).sender, undefined)
  t.equal(resolve({ file: { worker: './worker.mjs', sender: null }, stdoutIsTTY: false }).sender, undefined)
})

t.test('reading from a terminal is refused with what to do instead', async (t) => {
  const message = /pipe something in .*--from/
  t.match(problemOf({ flags: { worker: 'worker.mjs' }, stdinIsTTY: true }), { code: 'bad_usage', message })
  t.match(problemOf({ file: { worker: './worker.mjs', writer: 'stdin:' }, stdinIsTTY: true }), {
    code: 'bad_config',
    message,
  })
})

t.test('a run with neither file nor worker is told both ways', async (t) => {
  t.notMatch(problemOf({ stdinIsTTY: true }).message, /\n/)
  t.match(problemOf({}), {
    code: 'bad_usage',
    exitCode: 2,
    message: /millrace\.config\.mjs.*--from .* --worker/,
  })
  t.match(problemOf({ file: {} }), { code: 'bad_config', message: /`worker` is missing in/ })
})

t.test('a module that does not exist is named with whoever wanted it', async (t) => {
  const problem = problemOf({ file: { worker: './none.mjs', writer: './pipe', sender: 'stdout' } })
  t.equal(problem.code, 'module_not_loadable')
  t.match(problem.message, `module ${join(folder, 'none.mjs')} does not exist`)
  t.match(problem.message, /`worker` in .*\n`writer` in .*\n`sender` in .*did you mean `stdout:`/)
  t.match(problemOf({ flags: { worker: '.' } }).message, /is not a file/)
})

t.test('a queue holds two of the largest records', async (t) => {
  const file = { worker: './worker.mjs' }
  t.match(
    problemOf({ file: { ...file, maxRecord: '40mb' } }).message,
    /`maxRecord` .* is 40mb, more than half of `queueBytes` \(64mb\).* to 80mb/,
  )
  t.equal(resolve({ file: { ...file, maxRecord: '40mb', queueBytes: '80mb' } }).maxRecord, 40 * 2 ** 20)
  t.equal(resolve({ file: { ...file, queueBytes: '1mb' } }).maxRecord, 2 ** 19)
})

t.test('credentials of a transport never appear in an error', async (t) => {
  const transports = [{ servers: 'h', pass: 'hunter2' }, 'nats://a:hunter2@h:0', ['hunter2'], 'hunter2@h']
  for (const transport of transports) {
    t.notMatch(problemOf({ file: { worker: './worker.mjs', transport } }).message, /hunter2/)
  }
})

t.test('a default export that is no object is refused', async (t) => {
  for (const content of [null, [], 'x', () => ({})]) {
    t.match(problemOf({ file: content }).message, /must be an object/)
  }
})

t.test('rates and shares are numbers, whatever they are written as', async (t) => {
  const file = { worker: './worker.mjs', rate: '30/m', deadLetter: { pauseAbove: '7.5 %' } }
  t.match(resolve({ file }), { rate: 0.5, deadLetter: { pauseAbove: 0.075 } })
  t.match(resolve({ file: { worker: './worker.mjs', rate: 500 } }), { rate: 500 })
  t.match(problemOf({ file: { worker: './worker.mjs', rate: '500' } }), {
    message: /`rate` in .* must be a rate such as '500\/s'/,
  })
  t.match(problemOf({ file: { worker: './worker.mjs', deadLetter: { pauseAbove: '120%' } } }), {
    message: /`deadLetter.pauseAbove` in .* must be a share such as '20%'/,
  })
})
