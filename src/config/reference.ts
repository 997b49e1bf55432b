import { z } from 'zod'
import { options } from './options.js'
import { schema } from './schema.js'

/** The options as a Markdown table, for the README. */
export function optionsTable(): string {
  const rows = options.map(({ key, defaultText, description }) => [
    `\`${key}\``,
    code(defaultText),
    description,
  ])
  const lines = [['key', 'default', ''], ['---', '---', '---'], ...rows]
  return lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n')
}

/** The JSON schema of a configuration file, for editors. */
export function jsonSchema(): object {
  const { properties, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return {
    title: 'millrace configuration',
    ...rest,
    properties: { $schema: { type: 'string' }, ...properties },
  }
}

/** A bare value is code; a sentence quotes its own. */
const code = (text: string) => (/^('[^']*'|[\d.]+)$/.test(text) ? `\`${text}\`` : text)

const escapeCell = (text: string) => text.replaceAll('|', '\\|')
