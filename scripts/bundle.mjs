// Makes dist/ out of src/: what people import, the command, and the main of every child.
//
// What people import is in parts, which are loaded when they are used. The command and the children's main
// are one CommonJS file each, with the dependencies that every run needs in it, and a launcher beside it
// that keeps the code that V8 makes of it (src/launch). See docs/decisions/0026-one-file-a-program.md.

import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const { dependencies, peerDependencies, optionalDependencies, engines } = JSON.parse(
  readFileSync(`${root}/package.json`, 'utf8'),
)
const installed = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: engines.node.replace('>=', 'node'),
  metafile: true,
  logLevel: 'warning',
}

/** Of the schema library we use a tenth; what else is here is needed by every run. */
const builtIn = { library: ['zod'], program: ['zod', 'commander', 'msgpackr', 'pino'] }

/** What people import. */
async function buildLibrary() {
  return build({
    ...shared,
    entryPoints: ['src/index.ts'],
    outdir: 'dist',
    chunkNames: 'parts/[name]-[hash]',
    splitting: true,
    format: 'esm',
    external: installed.filter((name) => !builtIn.library.includes(name)),
  })
}

/** A program such as `cli/bin`: its bundle, and what launches that. */
async function buildProgram(program) {
  const made = await build({
    ...shared,
    entryPoints: [`src/${program}.ts`],
    outbase: 'src',
    outdir: 'dist',
    entryNames: '[dir]/[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    // Becomes `require()`.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'ownUrl' },
    banner: { js: "const ownUrl = require('node:url').pathToFileURL(__filename).href;" },
    external: installed.filter((name) => !builtIn.program.includes(name)),
  })
  const [bundle] = Object.keys(made.metafile.outputs)
  await build({
    ...shared,
    entryPoints: ['src/launch/main.ts'],
    outfile: `dist/${program}.js`,
    format: 'cjs',
    define: { BUNDLE: JSON.stringify(basename(bundle)) },
  })
  chmodSync(`${root}/dist/${program}.js`, 0o755)
  // The package is one of modules; CommonJS is found and read in less time.
  writeFileSync(`${root}/dist/${dirname(program)}/package.json`, '{ "type": "commonjs" }\n')
  return made
}

/** The licences of all packages of which something is in what was built. */
function writeLicenses(builds) {
  const inputs = builds.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  const packages = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [])
  const texts = [...new Set(packages)].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(`${root}/${path}/package.json`, 'utf8'))
    const file = readdirSync(`${root}/${path}`).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file ? readFileSync(`${root}/${path}/${file}`, 'utf8').trim() : `License: ${license}`
    return `${name} ${version}\n\n${text}\n`
  })
  writeFileSync(`${root}/dist/LICENSES`, texts.join(`\n${'-'.repeat(72)}\n\n`))
}

writeLicenses(await Promise.all([buildLibrary(), buildProgram('cli/bin'), buildProgram('child/main')]))
