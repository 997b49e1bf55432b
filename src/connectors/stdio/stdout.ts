import type { Writable } from 'node:stream'
import type { ConnectorRef } from '../../config/connector-ref.js'
import { systemCodeOf } from '../../errors.js'
import { encodeLines } from '../../lines/encode.js'
import { lineFormatOf } from '../../lines/records.js'
import type { LineSink } from '../../model/line-sink.js'
import { type Rejected, type Result, SinkClosed } from '../../model/sink.js'

/**
 * Writes results as lines to standard output; delivered means that the reader's pipe has taken them.
 *
 * @param output the stream to write to; it is never ended. Default: `process.stdout`.
 */
export function stdoutSink(ref: ConnectorRef, output: Writable = process.stdout): LineSink {
  const format = lineFormatOf(ref.options)
  const deliverLines = async (lines: readonly Uint8Array[]): Promise<void> => {
    for (const bytes of lines) for (const part of inWholeLines(bytes)) await written(output, part)
  }
  return {
    async open() {
      // Each write reports its own failure; the event that comes with it must not end the process.
      output.on('error', () => undefined)
    },
    async deliver(results: readonly Result[]): Promise<readonly Rejected[]> {
      const { bytes, rejected } = encodeLines(results, format)
      await deliverLines([bytes])
      return rejected
    },
    deliverLines,
  }
}

/** Bytes that a pipe takes whole or not at all (POSIX's PIPE_BUF on Linux; macOS promises 512 of them). */
const ATOMIC = 4096

/**
 * Parts of at most {@link ATOMIC} bytes that end with a line, so that a sender which is killed leaves
 * no half line behind for the next one to write on. A longer line goes alone.
 */
function* inWholeLines(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; ) {
    const last = bytes.lastIndexOf(10, from + ATOMIC - 1)
    const end = last >= from ? last + 1 : bytes.indexOf(10, from) + 1 || bytes.length
    yield bytes.subarray(from, end)
    from = end
  }
}

/** The system's word for a reader that is gone, and Node's for a stream that has met it before. */
const closedCodes = new Set(['EPIPE', 'ERR_STREAM_DESTROYED'])

function written(output: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(bytes, (error) => {
      if (!error) resolve()
      else if (closedCodes.has(systemCodeOf(error) ?? '')) {
        reject(new SinkClosed('The reader of standard output is gone.', { cause: error }))
      } else reject(error)
    })
  })
}
