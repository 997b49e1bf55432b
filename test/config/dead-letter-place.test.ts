import { join } from 'node:path'
import t from 'tap'
import { letterPlaceName, letterPlaceOf } from '../../src/config/dead-letter-place.js'
import type { Origin } from '../../src/config/settings.js'

const folder = t.testdir({ 'letters.mjs': '', 'letters.txt': '' })
const origin: Origin = { label: '--dead-letter-to', base: folder, code: 'bad_usage' }
const placeOf = (input: Parameters<typeof letterPlaceOf>[0]) => letterPlaceOf(input, origin, '/state')

t.test('dead letters go to a file, unless a module or a connector says otherwise', async (t) => {
  t.same(placeOf(undefined), { file: '/state/dead-letters.ndjson' })
  t.same(placeOf('letters.txt'), { file: join(folder, 'letters.txt') })
  t.same(placeOf('letters'), { file: join(folder, 'letters') })
  t.same(placeOf('file:letters.txt'), { file: join(folder, 'letters.txt') })
  t.same(placeOf('letters.mjs'), { module: { path: join(folder, 'letters.mjs'), with: {} } })
  t.match(placeOf({ use: './letters.mjs', with: { topic: 'dead' } }), { module: { with: { topic: 'dead' } } })
  t.match(placeOf('null:'), { connector: { scheme: 'null' } })
  t.same(['letters.txt', 'letters.mjs', 'null:'].map(placeOf).map(letterPlaceName), [
    join(folder, 'letters.txt'),
    join(folder, 'letters.mjs'),
    'null:',
  ])
})

t.test('what cannot keep dead letters is refused, with what can', async (t) => {
  const refused = (input: string, error: { code: string; message?: RegExp }) =>
    t.throws(() => placeOf(input), error)
  refused('stdout:', { code: 'connector_unknown', message: /stdout: cannot keep dead letters.*name a file/ })
  refused('count:3', { code: 'bad_usage', message: /`count:` cannot be delivered to/ })
  refused('missing.mjs', { code: 'module_not_loadable' })
  refused('file:letters.txt?format=lines', {
    code: 'connector_option',
    message: /a format of their own; write file:/,
  })
})
