import type { ConnectorRef } from '../config/connector-ref.js'
import type { Sink } from '../model/sink.js'
import type { Source } from '../model/source.js'

/** Opens the source that a connector string names. Only the code of that connector is loaded. */
export async function sourceOf(ref: ConnectorRef): Promise<Source> {
  switch (ref.scheme) {
    case 'file':
      return (await import('./file/source.js')).fileSource(ref)
    case 'stdin':
      return (await import('./stdio/stdin.js')).stdinSource(ref)
    case 'count':
      return (await import('./count.js')).countSource(ref)
    default:
      throw new Error(`${ref.url} is not a source`)
  }
}

/** Opens the sink that a connector string names. */
export async function sinkOf(ref: ConnectorRef): Promise<Sink> {
  switch (ref.scheme) {
    case 'file':
      return (await import('./file/sink.js')).fileSink(ref)
    case 'stdout':
      return (await import('./stdio/stdout.js')).stdoutSink(ref)
    case 'null':
      return (await import('./null.js')).nullSink()
    default:
      throw new Error(`${ref.url} is not a sink`)
  }
}
