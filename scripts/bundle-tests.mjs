// Makes one file of each test and of all of ours that it imports, so that its process has one module to
// find and no types to strip: of some 230 of them, each starts in half the time that it takes from sources.
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

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: tests,
  outbase: '.',
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: engines.node.replace('>=', 'node'),
  packages: 'external',
  sourcemap: true,
  metafile: true,
  plugins: [ownUrls],
  logLevel: 'warning',
})
const bundles = Object.keys(metafile.outputs).filter((path) => path.endsWith('.mjs'))
process.stdout.write(bundles.map((path) => `${path}\n`).join(''))
