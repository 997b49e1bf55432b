import { decodeId } from '../../codec/batch.js'
import type { Piece } from '../../model/batch.js'

/** The id of the first record of a piece. */
export const idOf = ({ batch, skip }: Piece): string => decodeId(batch.payload, batch.width, skip)
