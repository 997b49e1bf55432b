import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { bareNode } from '../bare-node.js'

const script = resolve('scripts/generate.mjs')

function generate(folder: string, ...flags: string[]) {
  const files = [
    '--readme',
    join(folder, 'README.md'),
    '--schema',
    join(folder, 'schema/millrace.schema.json'),
    '--metrics',
    join(folder, 'metrics.md'),
  ]
  const [command, first] = bareNode()
  const args = [...first, '--import', 'tsx', script, ...files, ...flags]
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return { status, stderr }
}

t.test('tables and the JSON schema are made from the schemas, and found stale when changed', async (t) => {
  const folder = t.testdir({
    'README.md': '# x\n<!-- options:begin -->\nold\n<!-- options:end -->\nrest\n',
    'metrics.md': '<!-- metrics:begin -->\n<!-- metrics:end -->\n',
  })
  const readme = join(folder, 'README.md')
  t.match(generate(folder, '--check'), {
    status: 1,
    stderr: /stale: .*README\.md and .*metrics\.md and .*millrace\.schema\.json/,
  })
  t.equal(generate(folder).status, 0)
  t.match(
    readFileSync(readme, 'utf8'),
    /^# x\n<!-- options:begin -->\n\| key [\s\S]*\| `inQueue` +\|[\s\S]*<!-- options:end -->\nrest\n$/,
  )
  t.match(readFileSync(join(folder, 'metrics.md'), 'utf8'), /\| `millrace_retries_total` +\| counter +\|/)
  t.equal(generate(folder, '--check').status, 0)
  writeFileSync(readme, readFileSync(readme, 'utf8').replace('16384', '1'))
  t.match(generate(folder, '--check'), { status: 1, stderr: /stale: .*README\.md;/ })
})

t.test('without a README, or a place in it, nothing is written', async (t) => {
  const folder = t.testdir({ marked: { 'README.md': 'no place' } })
  t.match(generate(folder), { status: 1, stderr: /README\.md does not exist/ })
  t.match(generate(join(folder, 'marked')), { status: 1, stderr: /add <!-- options:begin -->/ })
  t.notOk(existsSync(join(folder, 'marked/schema')))
})
