import type { QueueStatus, StageShares, StatusReport } from '../model/status.js'
import {
  coresOf,
  fillOf,
  oldestOf,
  processRows,
  rateOf,
  recordsOf,
  sharesOf,
  slowOf,
  sourceOf,
  timesOf,
} from './status-text.js'
import { duration, table } from './table.js'

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Characters of a bar. */
const BAR = 20

/** A pipeline at one moment, as lines that fit a terminal of this size. */
export function pictureOf(report: StatusReport, { columns, rows }: Size, notice?: string): readonly string[] {
  const { queues, stages, slowest } = report
  const why = report.reason === null ? '' : ` (${report.reason})`
  const title = `${report.name}  ${report.state}${why}`
  const about = `pid ${report.pid}, ${report.transport}, up ${duration(report.uptimeSeconds)}`
  const head = [
    [title, about].join('  '),
    '',
    table([
      ['records', recordsOf(report.counters, true) || 'none'],
      ['rate', rateOf(report)],
      ['source', sourceOf(report.source)],
      ['in-queue', queueLine(queues.in)],
      ...(stages.sender ? [['out-queue', queueLine(queues.out)]] : []),
      ['writer', stageLine(stages.writer)],
      ['workers', stageLine(stages.workers)],
      ...(stages.sender ? [['sender', stageLine(stages.sender)]] : []),
      ['cores', coresOf(report)],
      ['oldest', oldestOf(report.oldestUnsettled)],
      ...slowest.slice(0, 3).map((slow, at) => [at === 0 ? 'slowest' : '', slowOf(slow)]),
    ]),
    '',
    ...wrapped(report.bottleneck.why, columns),
    '',
  ].flatMap((text) => text.split('\n'))
  const foot = ['', notice ?? 'q leaves']
  const room = Math.max(2, rows - head.length - foot.length)
  const all = table(processRows(report)).split('\n')
  const shown = all.length <= room ? all : [...all.slice(0, room - 1), `… and ${all.length - room + 1} more`]
  return [...head, ...shown, ...foot].slice(0, rows).map((line) => line.slice(0, columns))
}

function queueLine(queue: QueueStatus): string {
  const { size, capacity } = queue
  return `${bar([['█', capacity === 0 ? 0 : size / capacity]])}  ${fillOf(queue)}${timesOf(queue)}`
}

const stageLine = (shares: StageShares): string =>
  `${bar([
    ['█', shares.busy],
    ['▒', shares.blocked],
  ])}  ${sharesOf(shares)}`

/** Shares of a whole, one behind the other; what is left over is light. */
function bar(parts: readonly (readonly [character: string, share: number])[]): string {
  let drawn = ''
  let until = 0
  for (const [character, share] of parts) {
    until += share
    const end = Math.min(BAR, Math.round(until * BAR))
    drawn += character.repeat(Math.max(0, end - drawn.length))
  }
  return drawn.padEnd(BAR, '░')
}

/** A sentence in lines that fit, broken between words. */
function wrapped(sentence: string, columns: number): readonly string[] {
  const lines: string[] = []
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
