import { metrics } from './table.js'

/** All metrics as a Markdown table, for `docs/metrics.md`. */
export function metricsTable(): string {
  const rows = metrics.map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ])
  const lines = [['name', 'type', 'labels', 'meaning'], ...rows]
  // Aligned as the formatter aligns tables, so that both leave each other's work alone.
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  const [head, ...body] = lines.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column]!)))
  const rule = widths.map((width) => '-'.repeat(width))
  return [head!, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
