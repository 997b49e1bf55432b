// Makes few files of many tests and of all of ours that they import. A process that finds and strips some
// hundred modules, and loads the test runner, takes longer than most tests: so a test that starts processes
// has a bundle of its own, since it mostly waits for them, and the others of a room share one.
//
//   node scripts/bundle-tests.mjs FOLDER TEST …     prints the paths of the bundles, one a line

import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const [folder, ...tests] = process.argv.slice(2)
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** In a bundle, each of our files still finds what lies beside it. */
const ownUrls = {
  name: 'own-urls',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.m?[tj]s$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
      loader: path.endsWith('ts') ? 'ts' : 'js',
    }))
  },
}

/**
 * A module for each room, in which each of its tests is a test of its own, which has what it defers and the
 * folders that it makes for itself: `t`, to a test, is that one.
 */
const rooms = {
  name: 'rooms',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^room:/ }, ({ path }) => ({ path, namespace: 'room' }))
    onLoad({ filter: /.*/, namespace: 'room' }, ({ path }) => {
      const imports = testsOf.get(path).map(
        (test) => `await t.test('${test}', async (t) => {
            globalThis.currentTest = t
            await import('./${test}')
          })`,
      )
      return { contents: ["import t from 'tap'", ...imports].join('\n'), resolveDir: root }
    })
    onResolve({ filter: /^tap$/ }, ({ importer, namespace }) =>
      namespace === 'file' ? { path: importer, namespace: 'tap' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'tap' }, () => ({ contents: 'export default globalThis.currentTest' }))
  },
}

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: engines.node.replace('>=', 'node'),
  packages: 'external',
  metafile: true,
  logLevel: 'warning',
}

/** Tells of a test whether anything in `test/` that it imports can start a process. */
async function findStarters() {
  const { metafile } = await build({ ...shared, entryPoints: tests, outdir: folder, write: false })
  const starts = (path, seen) => {
    if (path === 'node:child_process') return true
    if (!path.startsWith('test/') || seen.has(path)) return false
    seen.add(path)
    return metafile.inputs[path].imports.some((imported) => starts(imported.path, seen))
  }
  return (test) => starts(test, new Set())
}

const startsProcesses = await findStarters()

const ownTests = tests.filter(startsProcesses)

/** The tests of each room that start no process. */
const testsOf = new Map()
for (const test of tests.filter((test) => !startsProcesses(test))) {
  const room = `room:${test.split('/')[1]}`
  testsOf.set(room, [...(testsOf.get(room) ?? []), test])
}

const written = { ...shared, outdir: folder, outExtension: { '.js': '.mjs' }, sourcemap: true }
const entryPoints = [...testsOf.keys()].map((room) => ({
  in: room,
  out: room.replace('room:', 'test/').replace('.test.ts', ''),
}))
const builds = await Promise.all([
  build({ ...written, entryPoints: ownTests, outbase: '.', plugins: [ownUrls] }),
  build({ ...written, entryPoints, plugins: [rooms, ownUrls] }),
])
// Those that start processes come first: they take the longest.
const paths = builds.flatMap(({ metafile }) => Object.keys(metafile.outputs))
process.stdout.write(
  paths
    .filter((path) => path.endsWith('.mjs'))
    .map((path) => `${path}\n`)
    .join(''),
)
