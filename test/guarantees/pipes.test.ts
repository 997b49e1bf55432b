import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fixture, linesIn, millrace, PipelineRun } from '../pipeline-run.js'
import { temporaryFolder } from '../temporary-folder.js'

const [command, first] = millrace()
const run = [command, ...first, 'run'].map((word) => `"${word}"`).join(' ')
const exclaim = `--worker "${fixture('workers/exclaim.mjs')}"`

interface Shell {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a line of shell in a folder with control sockets of its own. */
function shell(folder: string, line: string): Promise<Shell> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'))
  const env = { ...Object.fromEntries(inherited), XDG_RUNTIME_DIR: folder, TMPDIR: folder }
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', line], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

function folderWithLog(t: Test, lines: number): string {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'big.log'), Array.from({ length: lines }, (_, i) => `line ${i}\n`).join(''))
  return folder
}

const sorted = (lines: readonly string[]) => [...lines].sort()

t.test('a pipeline in a shell pipe reads stdin and writes stdout', async (t) => {
  const folder = folderWithLog(t, 20_000)
  const { code } = await shell(folder, `cat big.log | ${run} ${exclaim} > out`)
  t.equal(code, 0)
  t.same(
    sorted(linesIn(join(folder, 'out'))),
    sorted(linesIn(join(folder, 'big.log')).map((line) => `${line}!`)),
  )
})

t.test('two pipelines work in one shell pipe', async (t) => {
  const folder = folderWithLog(t, 20_000)
  const { code } = await shell(folder, `cat big.log | ${run} ${exclaim} | ${run} ${exclaim} > out`)
  t.equal(code, 0)
  t.same(
    sorted(linesIn(join(folder, 'out'))),
    sorted(linesIn(join(folder, 'big.log')).map((line) => `${line}!!`)),
  )
})

t.test('a reader that has seen enough ends the pipeline quietly', async (t) => {
  const folder = folderWithLog(t, 100_000)
  const line = `(cat big.log | ${run} ${exclaim}; echo $? > code) | head -n 5`
  const { stdout, stderr } = await shell(folder, line)
  t.equal(stdout.split('\n').length, 6)
  t.equal(readFileSync(join(folder, 'code'), 'utf8'), '0\n')
  t.notMatch(stderr, /EPIPE|\n {4}at |"level":[56]0/)
})

t.test('what a handler prints is logged on stderr and never gets into the data', async (t) => {
  const run = new PipelineRun(t, ['--worker', fixture('workers/print.mjs')], { input: 'one\ntwo\n' })
  t.match(await run.ended, { code: 0 })
  t.same(sorted(run.results), ['one', 'two'])
  const printed = run.lines.filter(({ msg }) => msg.startsWith('printed'))
  t.same(sorted(printed.map(({ msg }) => msg)), ['printed one', 'printed two'])
  for (const line of printed) t.match(line, { process: /^worker:\d$/, role: 'worker', pid: Number })
})

t.test('a line of 20 MB goes through whole', async (t) => {
  const line = 'long '.repeat(4 * 2 ** 20)
  const run = new PipelineRun(t, ['--worker', fixture('workers/exclaim.mjs')], {
    input: `before\n${line}\nafter\n`,
  })
  t.match(await run.ended, { code: 0 })
  t.same(sorted(run.results.map((result) => `${result.length}`)), ['20971521', '6', '7'])
  t.ok(run.results.includes(`${line}!`))
})

t.test('line ends of Windows, a missing last one and empty input are all fine', async (t) => {
  const inputs: [string, string[]][] = [
    ['one\r\ntwo\r\n\nlast', ['!', 'last!', 'one!', 'two!']],
    ['', []],
  ]
  for (const [input, results] of inputs) {
    const run = new PipelineRun(t, ['--worker', fixture('workers/exclaim.mjs'), '--workers', '1'], { input })
    t.match(await run.ended, { code: 0 })
    t.same(sorted(run.results), results)
    t.match(run.summary, { outcome: 'finished', read: results.length, delivered: results.length })
    t.notOk(existsSync(run.path('.millrace')), 'an unnamed run leaves nothing behind')
  }
})

t.test('a record that arrives in an idle pipeline comes out without waiting for another', async (t) => {
  const run = new PipelineRun(t, ['--worker', fixture('workers/exclaim.mjs'), '--workers', '2'], {
    input: 'open',
  })
  for (let round = 1; round <= 20; round++) {
    run.stdin.write(`${round}\n`)
    await run.until(() => run.results.length === round, `result ${round}`)
    t.equal(run.results.at(-1), `${round}!`)
  }
  run.stdin.end()
  t.match(await run.ended, { code: 0 })
})
