import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { init } from '../../src/cli/init.js'
import { main } from '../../src/cli/main.js'
import { packageRoot } from '../../src/package.js'
import { captured } from '../fixtures/cli/captured.js'
import { linesIn, PipelineRun } from '../pipeline-run.js'
import { projectFolder } from '../project-folder.js'
import { temporaryFolder } from '../temporary-folder.js'

async function execute(cwd: string, ...argv: string[]) {
  const terminal = captured({ cwd })
  const code = await main(argv, terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

const template = (name: string) => readFileSync(new URL(`templates/${name}`, packageRoot()), 'utf8')

/** What is in a folder but for its packages. */
const contentOf = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name !== 'node_modules')
    .sort()

const results = [
  '{"place":"cellar","celsius":10,"fahrenheit":50}',
  '{"place":"freezer","celsius":-20,"fahrenheit":-4}',
  '{"place":"greenhouse","celsius":25,"fahrenheit":77}',
  '{"place":"kitchen","celsius":20,"fahrenheit":68}',
]

const places = { 'a project': projectFolder, 'a folder without the package': temporaryFolder }

for (const [place, folderFor] of Object.entries(places)) {
  for (const flags of [[], ['--typescript']]) {
    t.test(
      `${['init', ...flags].join(' ')} in ${place} makes what is in order and runs at once`,
      async (t) => {
        const folder = folderFor(t)
        t.match(await execute(folder, 'init', ...flags), { code: 0, err: '' })
        const [config = ''] = readdirSync(folder).filter((name) => name.startsWith('millrace.config.'))
        const imports = readFileSync(join(folder, config), 'utf8').includes("from 'millrace'")
        t.equal(imports, place === 'a project')
        t.match(await execute(folder, 'check'), { code: 0, err: '' })
        const run = new PipelineRun(t, [], { folder })
        t.equal((await run.ended).code, 0, run.said)
        t.strictSame(linesIn(run.path('output.ndjson')).sort(), results)
        t.match(run.summary, { outcome: 'finished', read: 5, delivered: 4, dropped: 1 })
      },
    )
  }
}

t.test('what is added to its input is all that a second run reads', async (t) => {
  const folder = temporaryFolder(t)
  await execute(folder, 'init')
  await new PipelineRun(t, [], { folder }).ended
  appendFileSync(join(folder, 'input.txt'), 'attic 30\n')
  const second = new PipelineRun(t, [], { folder })
  t.equal((await second.ended).code, 0, second.said)
  t.match(second.summary, { read: 1, delivered: 1 })
  t.equal(linesIn(second.path('output.ndjson')).at(-1), '{"place":"attic","celsius":30,"fahrenheit":86}')
})

t.test('init says what it made and what to type next', async (t) => {
  const cwd = temporaryFolder(t)
  t.same(await execute(cwd, 'init', 'my mill'), {
    code: 0,
    err: '',
    out: [
      `made in ${join(cwd, 'my mill')}:`,
      '  millrace.config.mjs  where records come from, what handles them, where results go',
      '  worker.mjs           your function, called with each record',
      '  input.txt            some records to begin with',
      '  .gitignore           has .millrace/, where pipelines keep their state',
      '',
      'next:',
      "  cd 'my mill'",
      `  npx millrace run  runs it; the results are in output.ndjson`,
      '',
      'The next run goes on where the last has ended: add lines to input.txt, or begin anew with --fresh.',
      'millrace is not installed here, so the configuration does without its `defineConfig`.',
      '',
    ].join('\n'),
  })
  const { out } = await execute(projectFolder(t), 'init')
  t.notMatch(out, /cd |not installed|TypeScript/)
})

t.test('--json lists what was made and what was changed', async (t) => {
  const cwd = temporaryFolder(t)
  const fresh = await execute(cwd, 'init', 'a', '--typescript', '--json')
  t.same(JSON.parse(fresh.out), {
    folder: join(cwd, 'a'),
    made: ['millrace.config.mts', 'worker.mts', 'input.txt', '.gitignore'],
    changed: [],
  })
  writeFileSync(join(cwd, '.gitignore'), 'dist')
  const { out } = await execute(cwd, 'init', '--json')
  t.match(JSON.parse(out), {
    made: ['millrace.config.mjs', 'worker.mjs', 'input.txt'],
    changed: ['.gitignore'],
  })
})

t.test('TypeScript comes with a word about what it needs, and with the command where it lacks', async (t) => {
  const cwd = temporaryFolder(t)
  const said = async (dir: string, native: boolean, loadTsx: () => Promise<never>) => {
    const terminal = captured({ cwd })
    await init({ dir, typescript: true }, terminal, false, { native, loadTsx })
    return terminal.out()
  }
  const absent = () => Promise.reject(new Error('no tsx'))
  const present = () => Promise.resolve({} as never)
  const needs = /^TypeScript needs Node 22\.18 or newer, or the package tsx\.$/m
  const lacking = await said('a', false, absent)
  t.match(lacking, /\n {2}npm install tsx +with which Node [\d.]+ loads TypeScript\n {2}npx millrace run /)
  t.match(lacking, needs)
  for (const out of [await said('b', true, absent), await said('c', false, present)]) {
    t.match(out, needs)
    t.notMatch(out, /npm install/)
  }
})

t.test('the pipeline is named after its folder', async (t) => {
  const cwd = temporaryFolder(t)
  for (const [dir, name] of [
    ['My mill, 2nd', 'My-mill-2nd'],
    ['水車', 'pipeline'],
  ] as const) {
    await execute(cwd, 'init', dir)
    const { out } = await execute(join(cwd, dir), 'check', '--json')
    t.match(JSON.parse(out), { name, stateDir: join(cwd, dir, '.millrace', name) })
  }
})

t.test('nothing is written over, and nothing is made beside what is there', async (t) => {
  const refused = async (t: Test, name: string, make = (path: string) => writeFileSync(path, 'mine')) => {
    const folder = temporaryFolder(t)
    make(join(folder, name))
    const { code, out, err } = await execute(folder, 'init')
    t.same([code, out], [2, ''], name)
    t.equal(
      err,
      `millrace: ${join(folder, name)} is there already, and nothing is written over; move it away, or name another folder: millrace init DIR\n`,
    )
    t.same(contentOf(folder), [name])
  }
  for (const name of ['millrace.config.mjs', 'worker.mjs', 'input.txt']) await refused(t, name)
  // A run would find two configurations, or empty the file of results.
  for (const name of ['millrace.config.json', 'output.ndjson']) await refused(t, name)
  await refused(t, 'worker.mjs', (path) => symlinkSync('nowhere', path))

  const twice = temporaryFolder(t)
  await execute(twice, 'init')
  t.match(await execute(twice, 'init'), {
    code: 2,
    err: /millrace\.config\.mjs and .*worker\.mjs and .*input\.txt are there already.* move them away/,
  })
})

t.test('a .gitignore keeps its lines, and gets one if it lacks it', async (t) => {
  const after = async (before: string) => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, '.gitignore'), before)
    t.equal((await execute(folder, 'init')).code, 0)
    return readFileSync(join(folder, '.gitignore'), 'utf8')
  }
  t.equal(await after('dist\n'), 'dist\n.millrace/\n')
  t.equal(await after('dist'), 'dist\n.millrace/\n')
  for (const enough of ['.millrace\n', '/.millrace/\r\ndist\r\n']) t.equal(await after(enough), enough)
})

t.test('a folder that cannot have files is refused, and nothing is left in it', async (t) => {
  const cwd = temporaryFolder(t)
  writeFileSync(join(cwd, 'file'), '')
  const refused = async (dir: string, why: RegExp) => {
    const { code, out, err } = await execute(cwd, 'init', dir)
    t.same([code, out], [2, ''], dir)
    t.match(err, why)
    t.match(err, `millrace: ${join(cwd, dir)} cannot be given a pipeline: `)
    t.match(err, /; name another folder: millrace init DIR\n$/)
  }
  await refused('file', /it is a file/)
  await refused('file/below', /ENOTDIR/)
  mkdirSync(join(cwd, 'odd/.gitignore'), { recursive: true })
  await refused('odd', /EISDIR/)
  t.same(contentOf(join(cwd, 'odd')), ['.gitignore'])
  if (process.getuid?.() === 0) return
  mkdirSync(join(cwd, 'closed'))
  chmodSync(join(cwd, 'closed'), 0o500)
  await refused('closed', /EACCES/)
  await refused('closed/below', /EACCES/)
  t.notOk(existsSync(join(cwd, 'closed/below')))
})

t.test('the keys that the configuration has as comments are right, too', async (t) => {
  const cwd = temporaryFolder(t)
  await execute(cwd, 'init')
  const path = join(cwd, 'millrace.config.mjs')
  const all = readFileSync(path, 'utf8').replace(/^ {2}\/\/ (\w+: .*,)$/gm, '  $1')
  writeFileSync(path, all)
  const { code, out, err } = await execute(cwd, 'check', '--json')
  t.same([code, err], [0, ''])
  t.match(JSON.parse(out), {
    concurrency: 10,
    order: 'input',
    timeout: 30_000,
    http: { port: 9464 },
  })
})

t.test('the two workers differ in nothing but types', (t) => {
  const stripped = template('worker.mts')
    .replace(/^import type .*\n\n/, '')
    .replace(/: (string|WorkerContext)\b/g, '')
  t.equal(stripped, template('worker.mjs'))
  t.end()
})
