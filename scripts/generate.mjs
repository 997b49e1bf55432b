// Writes what is made from the schema of the configuration (the table of options in README.md, and
// schema/millrace.schema.json) and from that of the metrics (docs/metrics.md). With --check it writes nothing, and exits 1 when one is stale.
//
//   tsx scripts/generate.mjs [--check] [--readme FILE] [--schema FILE] [--metrics FILE]

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { jsonSchema, optionsTable } from '../src/config/reference.ts'
import { metricsTable } from '../src/telemetry/metrics/reference.ts'

const inRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    readme: { type: 'string', default: inRoot('README.md') },
    schema: { type: 'string', default: inRoot('schema/millrace.schema.json') },
    metrics: { type: 'string', default: inRoot('docs/metrics.md') },
  },
})

function fail(message) {
  process.stderr.write(`generate: ${message}\n`)
  process.exit(1)
}

function withTable(path, what, table) {
  if (!existsSync(path)) fail(`${path} does not exist; nothing was written`)
  const text = readFileSync(path, 'utf8')
  const [begin, end] = [`<!-- ${what}:begin -->`, `<!-- ${what}:end -->`]
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) fail(`${path} has no place for the ${what}; add ${begin} and ${end}`)
  return { path, text: `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}` }
}

const files = [
  withTable(values.readme, 'options', optionsTable()),
  withTable(values.metrics, 'metrics', metricsTable()),
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
