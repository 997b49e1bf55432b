import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Contender } from '../../bench/contender.js'
import { proveSameWork } from '../../bench/proof.js'

const leaves = (name: string, lines: readonly string[]): Contender => ({
  name,
  run: async () => ({}),
  prove: async (output) => writeFileSync(output, lines.map((line) => `${line}\n`).join('')),
})

t.test('contenders that leave the same lines in any order do the same work', async (t) => {
  const path = (name: string) => join(t.testdir(), name)
  await proveSameWork([leaves('one', ['a', 'b', 'b']), leaves('other', ['b', 'a', 'b'])], path)
})

t.test('a contender that leaves out, doubles or changes a result is not measured', async (t) => {
  const path = (name: string) => join(t.testdir(), name)
  const good = leaves('good', ['a', 'b'])
  for (const lines of [['a'], ['a', 'b', 'b'], ['a', 'c']]) {
    await t.rejects(
      proveSameWork([good, leaves('bad', lines)], path),
      /bad does not do the same work as good/,
    )
  }
  await t.rejects(proveSameWork([leaves('idle', [])], path), /idle left no results/)
})
