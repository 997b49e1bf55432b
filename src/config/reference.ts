import * as z from 'zod'
import { options } from './options.js'
import { schema } from './schema.js'

/** The options as a Markdown table, for the README. */
export function optionsTable(): string {
  const rows = options.map(({ key, defaultText, description }) => [
    `\`${key}\``,
    code(defaultText),
    description,
  ])
  const lines = [['key', 'default', ''], ...rows].map((cells) => cells.map(escapeCell))
  // Aligned as the formatter aligns tables, so that both leave each other's work alone.
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  const [head, ...body] = lines.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column]!)))
  const rule = widths.map((width) => '-'.repeat(width))
  return [head!, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
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
