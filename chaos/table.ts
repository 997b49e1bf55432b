import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem, type } from 'node:os'
import process from 'node:process'
import { eventsOf } from './life.js'
import { type Label, labelOf } from './misfortune.js'
import { type Outcome, survived } from './report.js'

interface Row {
  times: number
  inFlight: number
  survived: number
}

/**
 * What was survived, as Markdown: a row for each misfortune. It counts as survived when everything
 * held in the end of the trial that it fell in.
 *
 * @param command made the table
 */
export function tableOf(outcomes: readonly Outcome[], command: string): string {
  const rows = [...rowsOf(outcomes)].sort(([one], [other]) => one.localeCompare(other))
  return [
    `\`${command}\`, on ${machine()}:`,
    '',
    '| misfortune | times | with records in flight | survived |',
    '| --- | ---: | ---: | ---: |',
    ...rows.map(([label, row]) => `| ${label} | ${row.times} | ${row.inFlight} | ${row.survived} |`),
    '',
    summaryOf(outcomes),
    '',
  ].join('\n')
}

/** What stands around the table in a file that has more than it. */
export const tableMarks = ['<!-- chaos:begin -->', '<!-- chaos:end -->'] as const

/** Writes the table into its place in a file, or the file anew if it has none. */
export function putTable(path: string, table: string): void {
  const [begin, end] = tableMarks
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  const hasPlace = from >= 0 && to > from
  const around = hasPlace ? [text.slice(0, from + begin.length), text.slice(to)] : undefined
  writeFileSync(path, around ? around.join(`\n${table}`) : table)
}

function machine(): string {
  const cores = cpus()
  const gibibytes = Math.round(totalmem() / 2 ** 30)
  return `${cores.length} × ${cores[0]?.model ?? 'unknown'}, ${gibibytes} GiB, ${type()}, Node ${process.versions.node}`
}

function rowsOf(outcomes: readonly Outcome[]): ReadonlyMap<Label, Row> {
  const rows = new Map<Label, Row>()
  for (const outcome of outcomes) {
    for (const { misfortune, fell, inFlight } of outcome.observed.performed) {
      if (!fell) continue
      const label = labelOf(misfortune)
      const row = rows.get(label) ?? { times: 0, inFlight: 0, survived: 0 }
      row.times++
      if ((inFlight ?? 0) > 0) row.inFlight++
      if (survived(outcome)) row.survived++
      rows.set(label, row)
    }
  }
  return rows
}

/** Totals, in a sentence. */
export function summaryOf(outcomes: readonly Outcome[]): string {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, each) => total + of(each), 0)
  const records = sum(({ observed }) => observed.scenario.records)
  const primaries = sum(({ observed }) => observed.lives.length)
  const children = sum(({ observed: { lives } }) =>
    lives.reduce((total, life) => total + eventsOf(life, 'processStarted').length, 0),
  )
  const letters = sum(({ observed }) => observed.letters.length)
  const good = outcomes.filter(survived).length
  return `${outcomes.length} runs, ${good} survived: ${records} records, ${primaries} primaries and ${children} children started, ${letters} records dead-lettered.`
}
