import type { Sink } from './sink.js'

/**
 * A built-in sink that writes lines, and takes them as the workers made them. What is not one of
 * these (a dead letter, a result that is delivered anew) still comes by `deliver`.
 */
export interface LineSink<Value = unknown, State = unknown> extends Sink<Value, State> {
  /**
   * Writes bytes that are whole lines, in order. Returning means delivered; throwing means that none
   * of them is, and they are tried again.
   */
  deliverLines(lines: readonly Uint8Array[]): Promise<void>
}

export const isLineSink = (sink: Sink): sink is LineSink => 'deliverLines' in sink
