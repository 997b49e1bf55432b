import { decodeIds } from '../../codec/batch.js'
import type { Piece } from '../../model/batch.js'
import { idAt } from '../../model/ids.js'

/** The id of the first record of a piece. */
export const idOf = ({ batch, skip }: Piece): string => idAt(decodeIds(batch.payload, batch.width), skip)
