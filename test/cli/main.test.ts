import t from 'tap'
import { main } from '../../src/cli/main.js'
import { refuseWindows } from '../../src/cli/platform.js'
import { captured } from '../fixtures/cli/captured.js'

const cwd = t.testdir({ 'worker.mjs': '' })

async function execute(argv: readonly string[], given = {}) {
  const terminal = captured({ cwd, ...given })
  const code = await main(argv, terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

t.test('help and version go to stdout and are no error', async (t) => {
  t.match(await execute(['--version']), { code: 0, out: /^\d+\.\d+\.\d+/, err: '' })
  t.match(await execute(['--help']), { code: 0, out: /restart .*<target>/, err: '' })
  t.match(await execute(['run', '--help']), {
    code: 0,
    out: /--from, --writer <value>[\s\S]*--retry-attempts <value>/,
  })
})

t.test('a command line without a command is wrong usage, answered with the help', async (t) => {
  t.match(await execute([]), { code: 2, out: '', err: /Usage: millrace/ })
})

t.test('a mistyped flag or command is one line with the nearest right one', async (t) => {
  const wrong: [string[], string][] = [
    [['run', '--in-queu', '3'], 'millrace: unknown option `--in-queu`; did you mean `--in-queue`?\n'],
    [['rnu'], "millrace: unknown command 'rnu'; did you mean `run`?\n"],
  ]
  for (const [argv, err] of wrong) t.same(await execute(argv), { code: 2, out: '', err })
})

t.test('an argument that is missing or too much is told of with what belongs there', async (t) => {
  const wrong: [string[], string][] = [
    [
      ['restart'],
      '`restart` needs <target>: worker:2, writer or sender; or workers, for all of them, one after another',
    ],
    [['scale', '--name', 'mill'], '`scale` needs <workers>: how many, such as 8'],
    [['dead', 'show'], '`show` needs <id>: id of the record, as `millrace dead list` shows it'],
    [['scale', '3', 'slow'], '`scale` does not take `slow` as well; name the pipeline with --name slow'],
    [['dead', 'list', 'un2'], '`list` does not take `un2` as well; name the pipeline with --name un2'],
    [['status', 'a', 'b'], "too many arguments for 'status'. Expected 1 argument but got 2."],
  ]
  for (const [argv, told] of wrong)
    t.same(await execute(argv), { code: 2, out: '', err: `millrace: ${told}\n` })
})

t.test('a limit that is no number of records is wrong usage, before anything is looked at', async (t) => {
  for (const limit of ['0', '1.5', 'all']) {
    const { code, out, err } = await execute(['run', 'none.mjs', '--limit', limit])
    t.match({ code, out }, { code: 2, out: '' })
    t.match(err, /^millrace: --limit must be a whole number of at least 1, not .*\n$/)
  }
  t.match(await execute(['run', '--limt', '5']), { code: 2, err: /did you mean `--limit`\?/ })
})

t.test('an error names the flag as it was written', async (t) => {
  const worker = ['--worker', 'worker.mjs']
  t.match(
    (await execute(['check', ...worker, '--from', 'fiel:x'])).err,
    /^millrace: --from: unknown connector/,
  )
  t.match(
    (await execute(['check', ...worker, '--writer=fiel:x'])).err,
    /^millrace: --writer: unknown connector/,
  )
  t.match(
    (await execute(['check', ...worker, '--retry-backoff', 'x'])).err,
    /^millrace: --retry-backoff must be/,
  )
})

t.test('an error ends with its documented exit code', async (t) => {
  t.equal((await execute(['run'])).code, 2)
  t.equal((await execute(['run', 'none.mjs'])).code, 78)
  t.equal((await execute(['run', '--worker', 'none.mjs', '--from', 'count:1'])).code, 78)
  t.equal((await execute(['run', '--worker', 'worker.mjs'], { env: { MILLRACE_X: '1' } })).code, 78)
})

t.test('a stack is printed only to somebody who debugs', async (t) => {
  const argv = ['run', 'none.mjs']
  t.notMatch((await execute(argv)).err, /\n {4}at /)
  t.match((await execute(argv, { env: { DEBUG: '1' } })).err, /\n {4}at /)
  t.match((await execute([...argv, '--log-level', 'debug'])).err, /\n {4}at /)
})

t.test('Windows is refused with a word about WSL', async (t) => {
  t.throws(() => refuseWindows('win32'), { code: 'platform_unsupported', exitCode: 2, message: /WSL/ })
  refuseWindows('linux')
})
