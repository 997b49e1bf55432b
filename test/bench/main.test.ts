import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { bareNode } from '../bare-node.js'
import { temporaryFolder } from '../temporary-folder.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** As `npm run bench`, on what is built already. */
async function bench(args: readonly string[], path = process.env.PATH): Promise<string> {
  const [command, first] = bareNode()
  const { stdout } = await promisify(execFile)(
    command,
    [...first, '--import', 'tsx', 'bench/main.ts', ...args],
    { cwd: root, env: { ...process.env, ...(path !== undefined && { PATH: path }) } },
  )
  return stdout
}

t.test(
  'a quick look runs every contender, judges every goal and writes down how it came about',
  async (t) => {
    const results = `${temporaryFolder(t)}/results.md`
    const args = ['--quick', 'start', '--results', results]
    const stdout = await bench(args)
    const written = readFileSync(results, 'utf8')
    t.match(stdout, /^start: .*\n {2}round 1: millrace: until the first \d+ ms\n {2}round 1: bare forks: /m)
    t.match(written, `\`npm run bench -- ${args.join(' ')}\`, on\n`)
    t.match(written, /, \d+ cores?, [\d.]+ GiB, \w+ \S+\n- millrace \d\S+, Node \d/)
    t.match(written, 'these figures mean nothing')
    t.match(written, /^\| start \| at most 2 × bare forks \| [\d.]+ × \| (met|\*\*missed\*\*) \|$/m)
    t.match(written, /^\| bare forks \| [\d,]+ \|/m)
  },
)

t.test('what a machine lacks is said in the output and in the results', async (t) => {
  const results = `${temporaryFolder(t)}/results.md`
  const stdout = await bench(['--quick', 'classic', '--results', results], '/nonexistent')
  const written = readFileSync(results, 'utf8')
  t.match(stdout, 'the Python program does not run: python3 is missing')
  t.match(written, '**python3 is missing**: its contenders did not run; install Python 3')
  t.match(written, '**parallel is missing**')
  t.match(written, '- the Python program did not run: python3 is missing')
  t.match(written, '| classic | 60 × the Python program | – | **not judged**, without the Python program |')
})

t.test('a scenario that does not exist is refused with the names of those that do', async (t) => {
  await t.rejects(bench(['nothing']), {
    code: 2,
    stderr: /there is no scenario nothing; there are integers, /,
  })
  await t.rejects(bench(['--rounds', '0']), { code: 2, stderr: /--rounds 0 is not a whole number/ })
})
