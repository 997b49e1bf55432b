import type { Readable } from 'node:stream'
import type { ConnectorRef } from '../../config/connector-ref.js'
import { MillraceError, messageOf } from '../../errors.js'
import { type LineReading, lineFormatOf, recordsOf } from '../../lines/records.js'
import { LineSplitter } from '../../lines/splitter.js'
import type { Resume, Source, SourceBatch, SourceContext } from '../../model/source.js'

/**
 * Reads lines from standard input. What arrives is handed on at once; what was read cannot be read again.
 *
 * @param input the stream to read; it is destroyed when reading ends. Default: `process.stdin`.
 */
export const stdinSource = (ref: ConnectorRef, input?: Readable): Source<unknown, null> => ({
  kind: 'live',
  open: (_from: Resume<null> | undefined, context: SourceContext) =>
    batches(ref, input ?? process.stdin, context),
})

async function* batches(
  ref: ConnectorRef,
  input: Readable,
  context: SourceContext,
): AsyncGenerator<SourceBatch<unknown, null>> {
  const { signal, maxRecord, log } = context
  const reading: LineReading<null> = {
    format: lineFormatOf(ref.options),
    prefix: 'stdin@',
    maxRecord,
    wanted: () => context.wanted(),
    positionAt: () => null,
  }
  const splitter = new LineSplitter(maxRecord)
  // Bytes that have left the pipe already would be lost with the stream.
  let buffered: Buffer | null = null
  const stop = () => {
    buffered = input.read()
    input.destroy()
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of input) yield* recordsOf(splitter.push(chunk), reading)
  } catch (error) {
    // Destroying a stream that is being waited for ends the wait with an error.
    if (!signal.aborted) throw failed(error)
  } finally {
    signal.removeEventListener('abort', stop)
  }
  if (!signal.aborted) return yield* recordsOf(splitter.end(), reading)
  if (buffered) yield* recordsOf(splitter.push(buffered), reading)
  if (splitter.unfinished > 0) {
    log.warn({ bytes: splitter.unfinished }, 'stopped within a line of standard input; its beginning is lost')
  }
}

const failed = (error: unknown): MillraceError =>
  new MillraceError(
    'source_failed',
    `Reading standard input failed (${messageOf(error)}). Check the program that feeds the pipe.`,
    { cause: error },
  )
