// Makes dist/ out of src/: what people import, the command, and the main of every child, each with the
// parts that it shares with the others.
//
// Of the time in which a pipeline is up, a sixth went into finding and reading some 330 small files.
// Dependencies stay what they are, except for the schema library, of which we use a tenth. (It remains a
// dependency all the same: types that people import are made of its own.)

import { chmodSync, copyFileSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const { dependencies, peerDependencies, optionalDependencies, engines } = JSON.parse(
  readFileSync(`${root}/package.json`, 'utf8'),
)
const { zod: _, ...installed } = dependencies

await build({
  absWorkingDir: root,
  entryPoints: ['src/index.ts', 'src/cli/bin.ts', 'src/child/main.ts'],
  outdir: 'dist',
  chunkNames: 'parts/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: engines.node.replace('>=', 'node'),
  external: Object.keys({ ...installed, ...optionalDependencies, ...peerDependencies }),
  logLevel: 'warning',
})
chmodSync(`${root}/dist/cli/bin.js`, 0o755)
copyFileSync(`${root}/node_modules/zod/LICENSE`, `${root}/dist/LICENSE-zod`)
