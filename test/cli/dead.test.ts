import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { main } from '../../src/cli/main.js'
import { pack } from '../../src/codec/msgpack.js'
import { register, socketFor } from '../../src/control/registry.js'
import { serveControl } from '../../src/control/server.js'
import { recordsOf } from '../../src/dead-letters/letters.js'
import { readReplayRequest } from '../../src/dead-letters/replay-request.js'
import type { DeadLetter } from '../../src/model/dead-letter.js'
import { acquireLock } from '../../src/primary/state/lock.js'
import { letter } from '../dead-letters/letter.js'
import { captured } from '../fixtures/cli/captured.js'
import { StubPipeline } from '../fixtures/control/pipeline.js'

const runtime = mkdtempSync(join(tmpdir(), 'mr-'))
t.teardown(() => rmSync(runtime, { recursive: true }))

/** A pipeline that runs. */
async function running(t: Test, name: string) {
  const pipeline = new StubPipeline(name)
  const socket = socketFor(name, join(runtime, 'millrace'))
  const ended = new Promise<undefined>(() => {})
  const server = await serveControl(socket, { pipeline, version: '0.0.0', ended })
  const { stateDir } = pipeline
  const unregister = register({ name, pid: process.pid, stateDir, since: '', socket, version: '0.0.0' })
  t.teardown(async () => {
    unregister()
    await server.close()
  })
  return pipeline
}

async function execute(cwd: string, argv: readonly string[]) {
  const terminal = captured({ cwd, stdinIsTTY: true, env: { XDG_RUNTIME_DIR: runtime, TMPDIR: runtime } })
  const code = await main(['dead', ...argv], terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

const ndjson = (...letters: readonly DeadLetter[]) =>
  letters.map((each) => `${JSON.stringify(each)}\n`).join('')

const unreadable: DeadLetter = {
  id: 'in.log@99',
  stage: 'writer',
  attempts: 0,
  at: '2026-01-02T00:00:00.000Z',
  error: { name: 'record_too_large', message: 'it has 5000 bytes' },
}

const letters = ndjson(letter('in.log@7', { value: { a: [1] }, key: 'k' }), unreadable)

/** A folder with the state of a pipeline `mill` that does not run. */
const atRest = (t: Test) => t.testdir({ '.millrace': { mill: { 'dead-letters.ndjson': letters } } })

const msgpackOf = (value: unknown): string => Buffer.from(pack(value)).toString('base64')

const mill = ['--name', 'mill']

t.test('dead letters of a pipeline that does not run are listed, the newest last', async (t) => {
  const cwd = atRest(t)
  const { code, out } = await execute(cwd, ['list', ...mill])
  t.equal(code, 0)
  const [heading, first, second] = out.split('\n')
  t.match(heading, /^ID +WHEN +STAGE +ATTEMPTS +ERROR$/)
  t.match(first, /^in\.log@7 +2026-01-01T\S+ +worker +5 +Error: no$/)
  t.match(second, /^in\.log@99 +2026-01-02T\S+ +writer +0 +record_too_large: it has 5000 bytes$/)
  t.same(await execute(cwd, ['list', '--state-dir', '.millrace/mill']), { code, out, err: '' })

  const lines = (await execute(cwd, ['list', ...mill, '--json'])).out.trim().split('\n')
  t.match(
    lines.map((line) => JSON.parse(line)),
    [{ id: 'in.log@7', key: 'k', error: { message: 'no' } }, { id: 'in.log@99' }],
  )
  t.notMatch(lines[0], /value/)
  t.match(await execute(cwd, ['show', '7', ...mill]), { code: 2, err: /; did you mean `in\.log@7`\? / })
})

t.test('a list of any length is printed', async (t) => {
  const many = Array.from({ length: 2500 }, (_, i) => letter(`count:${i}`))
  const cwd = t.testdir({ '.millrace': { mill: { 'dead-letters.ndjson': ndjson(...many) } } })
  const { out } = await execute(cwd, ['list', ...mill])
  const lines = out.trim().split('\n')
  t.equal(lines.filter((line) => line.startsWith('count:')).length, 2500)
  t.equal(lines.filter((line) => line.startsWith('ID')).length, 3)
})

t.test('one letter is shown with all that is known of it', async (t) => {
  const stack = 'TypeError: no\n    at f (worker.mjs:1:1)'
  const error = { name: 'TypeError', message: 'no', stack }
  const value = new Map([['when', new Date(0)]])
  const cwd = t.testdir({
    '.millrace': {
      mill: {
        'dead-letters.ndjson': ndjson(
          letter('plain', { value: { a: [1] }, key: 'k', headers: { trace: '12' }, error }),
          unreadable,
          letter('map', { value: undefined, valueMsgpack: msgpackOf(value) }),
        ),
      },
    },
  })
  const { code, out } = await execute(cwd, ['show', 'plain', ...mill])
  t.equal(code, 0)
  t.match(out, /^id +plain\nwhen +2026\S+\nstage +worker\nattempts +5\nkey +k\nheader trace +12\nerror +Type/)
  t.match(out, `value\n${JSON.stringify({ a: [1] }, null, 2)}\n\nstack\n${stack}\n`)
  t.match(await execute(cwd, ['show', 'in.log@99', ...mill]), { out: /value\nnone: the writer/ })
  t.match(await execute(cwd, ['show', 'map', ...mill]), {
    out: "value\nMap(1) { 'when' => 1970-01-01T00:00:00.000Z }\n",
  })
  const shown = JSON.parse((await execute(cwd, ['show', 'map', ...mill, '--json'])).out)
  t.same(recordsOf(shown)?.values, [value])
})

t.test('what a record holds cannot reach the terminal as a command', async (t) => {
  const evil = '\u001b[2J\u009b2J\rfine'
  const file = ndjson(
    letter(evil, { key: evil, value: evil, error: { name: evil, message: evil, stack: evil } }),
  )
  const cwd = t.testdir({ '.millrace': { mill: { 'dead-letters.ndjson': file } } })
  for (const argv of [['list'], ['show', evil]]) {
    const { out } = await execute(cwd, [...argv, ...mill])
    t.notMatch(out, /[^\P{Cc}\n]/u)
    t.match(out, '\\x1b[2J\\x9b2J\\x0dfine')
  }
})

t.test('letters are dropped by their ids, or all at once', async (t) => {
  const cwd = atRest(t)
  const file = join(cwd, '.millrace/mill/dead-letters.ndjson')
  const dropped = await execute(cwd, ['drop', 'in.log@99', ...mill])
  t.same(dropped, { code: 0, out: `1 dead letter in ${file} dropped\n`, err: '' })
  t.notMatch((await execute(cwd, ['list', ...mill])).out, /in\.log@99/)
  t.same(JSON.parse((await execute(cwd, ['drop', '--all', '--json', ...mill])).out), { dropped: 1 })
  t.equal(readFileSync(file, 'utf8'), '')
  t.same(await execute(cwd, ['list', ...mill]), {
    code: 0,
    out: '',
    err: `there are no dead letters in ${file}\n`,
  })
})

t.test('nothing is changed under a pipeline that is at work and cannot be reached', async (t) => {
  const cwd = atRest(t)
  const lock = await acquireLock(join(cwd, '.millrace/mill'))
  for (const command of ['drop', 'replay']) {
    const told = await execute(cwd, [command, '--all', ...mill])
    t.match(told, { code: 1, out: '', err: /^millrace: / })
  }
  t.match((await execute(cwd, ['list', ...mill])).out, /in\.log@7.*\n.*in\.log@99/)
  await lock.release()
  t.match(await execute(cwd, ['drop', '--all', ...mill]), { code: 0 })
})

t.test('an id that no letter has is named, and nothing is done', async (t) => {
  const cwd = atRest(t)
  const commands = [
    ['show', 'x'],
    ['drop', 'in.log@7', 'x'],
    ['replay', 'in.log@7', 'x'],
  ]
  for (const argv of commands) {
    const told = await execute(cwd, [...argv, ...mill])
    t.match(told, { code: 2, out: '', err: /^millrace: there is no dead letter x in .*`millrace dead list`/ })
  }
  t.match((await execute(cwd, ['list', ...mill])).out, /in\.log@7/)
  t.same(await readReplayRequest(join(cwd, '.millrace/mill')), [])
})

t.test('which letters are meant must be said: all are never guessed', async (t) => {
  const cwd = atRest(t)
  for (const command of ['drop', 'replay']) {
    t.match(await execute(cwd, [command, ...mill]), { code: 2, err: /give their ids .*--all/ })
    t.match(await execute(cwd, [command, 'x', '--all', ...mill]), { code: 2, err: /not both/ })
  }
})

t.test('replayed at the next start is what a pipeline that does not run is asked to', async (t) => {
  const cwd = atRest(t)
  const replayed = await execute(cwd, ['replay', '--all', ...mill])
  t.match(replayed, {
    code: 0,
    out: /^1 record of the dead letters in .* handled again when the pipeline is started the next time\n$/,
    err: /^in\.log@99 is not handled again: .*no value/,
  })
  t.same(await readReplayRequest(join(cwd, '.millrace/mill')), ['in.log@7'])
  t.match((await execute(cwd, ['list', ...mill])).out, /in\.log@7/)
  t.match(await execute(cwd, ['replay', 'in.log@99', ...mill]), { code: 1 })
  const report = JSON.parse((await execute(cwd, ['replay', 'in.log@7', '--json', ...mill])).out)
  t.same(report, { accepted: 1, refused: [], running: false })
})

t.test('the configuration file of the current folder says where the letters are', async (t) => {
  const config = { worker: './worker.mjs', name: 'mill', deadLetter: { to: 'kept/letters' } }
  const cwd = t.testdir({
    'worker.mjs': 'export default (value) => value',
    'millrace.config.json': JSON.stringify(config),
    kept: { letters },
    '.millrace': { other: { 'dead-letters.ndjson': ndjson(letter('other')) } },
  })
  t.match(await execute(cwd, ['list']), { code: 0, out: /in\.log@7/ })
  t.match(await execute(cwd, ['list', ...mill]), { code: 0, out: /in\.log@7/ })
  t.match(await execute(cwd, ['list', '--name', 'other']), { code: 0, out: /^ID.*\nother / })
  await execute(cwd, ['replay', '--all'])
  t.same(await readReplayRequest(join(cwd, '.millrace/mill')), ['in.log@7'])
})

t.test('a pipeline that is neither running nor here is an error that says how to name one', async (t) => {
  const cwd = t.testdir()
  t.match(await execute(cwd, ['list']), { code: 1, err: /no pipeline is running.*--state-dir/ })
  t.match(await execute(cwd, ['list', ...mill]), {
    code: 1,
    err: /no pipeline named `mill` is running.*no folder \.millrace\/mill; .*--state-dir/,
  })
  t.match(await execute(cwd, ['drop', '--all', '--state-dir', 'none']), { code: 1, err: /no folder none/ })
  t.notOk(existsSync(join(cwd, 'none')))
})

t.test('a file that cannot be one of dead letters is refused', async (t) => {
  const cwd = t.testdir({ '.millrace': { mill: { 'dead-letters.ndjson': 'a log\n' } } })
  for (const argv of [['list'], ['drop', '--all']]) {
    t.match(await execute(cwd, [...argv, ...mill]), {
      code: 78,
      err: /holds something else than dead letters/,
    })
  }
})

t.test('a pipeline that runs is asked itself', async (t) => {
  const pipeline = await running(t, 'mill')
  const cwd = t.testdir()
  const ask = (...argv: string[]) => execute(cwd, argv)
  t.match(await ask('list'), { code: 0, out: /^ID.*\ncount:7 .*TypeError: no sevens\n/ })
  t.match(await ask('show', 'count:7', '--name', 'mill'), { code: 0, out: /^id +count:7\n/ })
  t.match(await ask('show', 'x'), { code: 2, err: /no dead letter x/ })
  t.same(await ask('drop', 'a', 'b'), { code: 0, out: '2 dead letters of mill dropped\n', err: '' })
  t.same(await ask('replay', 'a', '--state-dir', '/state/mill'), {
    code: 1,
    out: '1 record of the dead letters of mill handled again now\n',
    err: 'count:9 is not handled again: it has no value\n',
  })
  t.same(await ask('replay', '--all'), {
    code: 0,
    out: '1 record of the dead letters of mill handled again now\n',
    err: 'count:9 is not handled again: it has no value\n',
  })
  t.same(pipeline.told, ['drop a,b', 'replay a', 'replay all'])
  pipeline.pause()
  t.match(await ask('replay', '--all'), {
    out: /handled again as soon as it is resumed: `millrace resume mill`\n$/,
  })
})

t.test(
  'in the folder of a configuration its own pipeline is meant, not one that runs elsewhere',
  async (t) => {
    const pipeline = await running(t, 'other')
    const cwd = t.testdir({
      'worker.mjs': 'export default (value) => value',
      'millrace.config.json': JSON.stringify({ worker: './worker.mjs', name: 'mill' }),
      '.millrace': { mill: { 'dead-letters.ndjson': letters } },
    })
    t.match(await execute(cwd, ['drop', '--all']), { code: 0, out: /^2 dead letters in .* dropped/ })
    t.same(pipeline.told, [])
  },
)

t.test('a mistyped part of the command is told with the nearest right one', async (t) => {
  const cwd = t.testdir()
  const wrong: [string[], RegExp][] = [
    [['lits'], /unknown command 'lits'; did you mean `list`\?/],
    [['list', '--jsno'], /unknown option `--jsno`; did you mean `--json`\?/],
    [['drop', '--al'], /unknown option `--al`; did you mean `--all`\?/],
    [['show'], /`show` needs <id>: id of the record/],
    [[], /Usage: millrace dead/],
  ]
  for (const [argv, err] of wrong) t.match(await execute(cwd, argv), { code: 2, out: '', err })
})
