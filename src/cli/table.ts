/** Rows of cells as lines with aligned columns; numbers stand at the right of theirs. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const numeric = widths.map((_, column) =>
    rows.slice(1).every((row) => /^[\d,.]*( ?[kMG]?B|%)?$|^-$/.test(row[column] ?? '')),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** What is not known. */
export const unknown = '-'

export const count = (number: number): string => number.toLocaleString('en-US')

/** Bytes for people: `48.2 MB` is 48.2 × 2^20. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB']
  const power = size < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(size) / 10))
  const amount = size / 2 ** (10 * power)
  return `${power === 0 ? amount : amount.toFixed(1)} ${units[power]}`
}

/** Seconds for people: `3m 20s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${Math.floor(seconds % 60)}s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`
  return `${Math.floor(seconds / 86_400)}d ${Math.floor((seconds % 86_400) / 3600)}h`
}

/** Seconds of something that is mostly short: `0.3s`, `12s`. */
export const age = (seconds: number): string => (seconds < 10 ? `${seconds.toFixed(1)}s` : duration(seconds))

export const plural = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`
