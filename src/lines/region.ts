import { messageOf } from '../errors.js'
import type { Records, Refusal } from '../model/record.js'
import type { Region } from '../model/region.js'
import { notJson } from './records.js'
import { type LineRun, runOf } from './splitter.js'

/** The records of a region whose bytes were read. A line that is no record is among them, and refused. */
export function recordsIn(bytes: Buffer, { from, format, prefix }: Region): Records {
  const { lines, starts } = runOf(bytes, from)
  const ids = { prefix, numbers: starts }
  return format === 'ndjson' ? { ...parsed(lines), ids } : { values: lines, ids }
}

function parsed(lines: LineRun['lines']): Pick<Records, 'values' | 'refusals'> {
  const refusals = new Map<number, Refusal>()
  const values = lines.map((line, index): unknown => {
    try {
      return JSON.parse(line)
    } catch (error) {
      refusals.set(index, notJson(messageOf(error)))
      return undefined
    }
  })
  return refusals.size === 0 ? { values } : { values, refusals }
}
