import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { exitCode } from '../src/errors.js'
import { pipelineStates } from '../src/model/status.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))

t.test('a sample of the docs that names a file is that file', (t) => {
  const samples = pages.flatMap((page) => {
    const text = readFileSync(join(root, 'docs', page), 'utf8')
    return [...text.matchAll(/^```\w+ file=(\S+)\n([\s\S]*?)^```$/gm)].map(([, file = '', sample = '']) => ({
      page,
      file,
      sample,
    }))
  })
  for (const { page, file, sample } of samples) {
    t.equal(sample, readFileSync(join(root, file), 'utf8'), `${file} in docs/${page}`)
  }
  t.ok(samples.length > 0)
  t.end()
})

t.test('the page of guarantees names every test of guarantees, and none that is not there', async (t) => {
  const page = readFileSync(join(root, 'docs/guarantees.md'), 'utf8')
  const named = [...page.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, name = '']) =>
    name.startsWith('test/') ? name : `test/guarantees/${name}`,
  )
  t.same(
    named.filter((name) => !existsSync(join(root, name))),
    [],
  )
  const present = ['test/guarantees', 'test/machines'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  )
  t.same(
    present.filter((name) => !named.includes(name)),
    [],
  )
})

t.test('the runbook says of every state, exit code and alert what to do', async (t) => {
  const runbook = readFileSync(join(root, 'docs/operations.md'), 'utf8')
  const alerts = readFileSync(join(root, 'prometheus/alerts.yml'), 'utf8')
  const names = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name)
  t.ok(names.length > 5)
  for (const name of names) t.match(runbook, `\n### ${name}\n`)
  for (const anchor of alerts.matchAll(/docs\/operations\.md#(\w+)/g)) {
    t.ok(
      names.some((name) => name?.toLowerCase() === anchor[1]),
      `${anchor[1]} is an alert`,
    )
  }
  for (const state of pipelineStates) t.match(runbook, `\n| \`${state}\` |`)
  for (const code of Object.values(exitCode)) t.match(runbook, `\n| ${code} |`)
})
