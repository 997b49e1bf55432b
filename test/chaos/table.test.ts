import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Misfortune } from '../../chaos/misfortune.js'
import type { Outcome } from '../../chaos/report.js'
import { putTable, tableMarks, tableOf } from '../../chaos/table.js'
import type { Performed } from '../../chaos/verdict/observed.js'
import { observed } from './observed.js'

const kill: Misfortune = { at: 0, kind: 'kill', target: 'worker:1', early: false }

const performed = (more: Partial<Performed> = {}): Performed => ({
  misfortune: kill,
  at: 0,
  fell: true,
  inFlight: 5,
  life: 0,
  ...more,
})

const outcome = (ok: boolean, ...misfortunes: Performed[]): Outcome => ({
  observed: observed({ performed: misfortunes }),
  checks: [{ name: 'something', ok, detail: '' }],
  took: 1,
  folder: undefined,
})

t.test('the table counts what fell, what fell in flight, and what was survived', async (t) => {
  const good = outcome(true, performed(), performed({ inFlight: 0 }), performed({ fell: false }))
  const table = tableOf([good, outcome(false, performed())], 'npm run chaos -- --for 1s')
  t.match(table, /^`npm run chaos -- --for 1s`, on \d+ × .+, Node \d+/)
  t.match(table, '\n| kill worker | 3 | 2 | 2 |\n')
  t.match(table, '\n2 runs, 1 survived: 8 records, 2 primaries and 2 children started')
})

t.test('it is put between its marks, or is the whole of a file that has none', async (t) => {
  const folder = t.testdir()
  const [page, bare] = [join(folder, 'page.md'), join(folder, 'bare.md')]
  const [begin, end] = tableMarks
  writeFileSync(page, `# Title\n${begin}\nold\n${end}\nrest\n`)
  putTable(page, 'new\n')
  putTable(bare, 'new\n')
  t.equal(readFileSync(page, 'utf8'), `# Title\n${begin}\nnew\n${end}\nrest\n`)
  t.equal(readFileSync(bare, 'utf8'), 'new\n')
})
