import { statSync } from 'node:fs'
import { MillraceError } from '../errors.js'
import type { EndpointRef } from './config.js'

/**
 * Refuses to write results over the file that the records are read from, by whatever name.
 *
 * @throws MillraceError `connector_option`
 */
export function refuseSameFile(writer: EndpointRef, sender: EndpointRef | undefined): void {
  const source = fileOf(writer)
  const sink = fileOf(sender)
  if (!source || !sink) return
  const [from, to] = [source, sink].map((path) => statSync(path, { throwIfNoEntry: false }))
  const same = source === sink || (from && to && from.ino === to.ino && from.dev === to.dev)
  if (!same) return
  throw new MillraceError(
    'connector_option',
    `the results would be written over their own source, ${source}; choose another file for \`sender\``,
  )
}

const fileOf = (endpoint: EndpointRef | undefined): string | undefined =>
  endpoint && 'connector' in endpoint && endpoint.connector.scheme === 'file'
    ? endpoint.connector.target
    : undefined
