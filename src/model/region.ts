/** What a line means: the text of it, or a JSON value (and nothing, if it is blank). */
export type LineFormat = 'lines' | 'ndjson'

/**
 * Whole lines of a file, by the bytes they stand at. Whoever works on them reads them: the bytes
 * themselves pass through nobody else's hands.
 */
export interface Region {
  /** Absolute. */
  readonly path: string
  /** Of the file that was meant, should another one have taken its name since. */
  readonly inode: number
  readonly from: number
  readonly to: number
  readonly format: LineFormat
  /** The id of a record is this and the byte at which its line begins. */
  readonly prefix: string
}
