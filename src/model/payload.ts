/**
 * The bytes of a batch on their way: in one piece, or in the pieces that they arrived in. The primary
 * passes nearly all of them on as they came, so it does not put them together.
 */
export type Payload = Uint8Array | Pieces

/** Bytes that follow one another, in several buffers. */
export class Pieces {
  readonly list: readonly Uint8Array[]
  readonly byteLength: number

  constructor(list: readonly Uint8Array[]) {
    this.list = list
    this.byteLength = list.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }
}

/** The same bytes in one buffer; a copy, if they are in several. */
export const wholeOf = (payload: Payload): Uint8Array =>
  payload instanceof Pieces ? Buffer.concat(payload.list, payload.byteLength) : payload

export const piecesOf = (payload: Payload): readonly Uint8Array[] =>
  payload instanceof Pieces ? payload.list : [payload]
