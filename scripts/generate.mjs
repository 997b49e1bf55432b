// Writes what is made from the schema of the configuration: the table of options in README.md, and
// schema/millrace.schema.json. With --check it writes nothing, and exits 1 when one is stale.
//
//   tsx scripts/generate.mjs [--check] [--readme FILE] [--schema FILE]

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { jsonSchema, optionsTable } from '../src/config/reference.ts'

const begin = '<!-- options:begin -->'
const end = '<!-- options:end -->'

const inRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    readme: { type: 'string', default: inRoot('README.md') },
    schema: { type: 'string', default: inRoot('schema/millrace.schema.json') },
  },
})

function fail(message) {
  process.stderr.write(`generate: ${message}\n`)
  process.exit(1)
}

function withTable(readme, table) {
  const from = readme.indexOf(begin)
  const to = readme.indexOf(end)
  if (from < 0 || to < from) fail(`${values.readme} has no place for the options; add ${begin} and ${end}`)
  return `${readme.slice(0, from + begin.length)}\n${table}\n${readme.slice(to)}`
}

if (!existsSync(values.readme)) fail(`${values.readme} does not exist; nothing was written`)
const files = [
  { path: values.readme, text: withTable(readFileSync(values.readme, 'utf8'), optionsTable()) },
  { path: values.schema, text: `${JSON.stringify(jsonSchema(), null, 2)}\n` },
]
const stale = files.filter(({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
const names = stale.map(({ path }) => relative('.', path)).join(' and ')
if (values.check && stale.length > 0) fail(`stale: ${names}; run npm run generate`)
for (const { path, text } of stale) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
process.stdout.write(stale.length > 0 ? `generated ${names}\n` : 'everything is up to date\n')
