import t from 'tap'
import { options } from '../../src/config/options.js'
import { jsonSchema, optionsTable } from '../../src/config/reference.js'

t.test('every option has a flag, a variable, a description and a default', async (t) => {
  t.match(
    options.find(({ key }) => key === 'retry.maxBackoff'),
    { flag: 'retry-max-backoff', variable: 'MILLRACE_RETRY_MAX_BACKOFF', defaultText: "'30s'" },
  )
  for (const option of options) {
    t.ok(option.description, option.key)
    t.not(option.defaultText, 'undefined', option.key)
  }
})

t.test('no two options share a flag', async (t) => {
  t.equal(new Set(options.map(({ flag }) => flag)).size, options.length)
})

t.test('the table and the JSON schema name every option', async (t) => {
  const table = optionsTable()
  for (const { key } of options) t.match(table, new RegExp(`^\\| \`${key}\` +\\|`, 'm'))
  t.equal(table.split('\n').length, options.length + 2)
  t.match(jsonSchema(), {
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      inQueue: { type: 'integer', minimum: 1, default: 16384 },
      retry: { properties: { attempts: { default: 5 } } },
    },
  })
})
