#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'
import { CodeCache } from './code-cache.js'

/*
 * What `dist/cli/bin.js` and `dist/child/main.js` are: each runs the bundle that stands beside it, by the
 * code that V8 made of it at an earlier start, if that was kept.
 *
 * On Node 20, code that was kept has lost how to `import()`, so a bundle is given that of this file.
 */

/** The file name of the bundle; it changes with what is in it. Filled in by scripts/bundle.mjs. */
declare const BUNDLE: string

const file = join(__dirname, BUNDLE)
const cache = CodeCache.of(BUNDLE)
const kept = cache?.read()
const source = `(function (require, __filename, __dirname, importByLauncher) {${readFileSync(file, 'utf8')}\n})`
const script = new Script(source, { filename: file, ...(kept && { cachedData: kept }) })
// Other commands compile a part of what a run needs, and what is kept is never added to.
const runs = process.send !== undefined || process.argv[2] === 'run'
if (runs && (!kept || script.cachedDataRejected)) cache?.keepSoon(() => script.createCachedData())
script.runInThisContext()(createRequire(file), file, dirname(file), (specifier: string) => import(specifier))
