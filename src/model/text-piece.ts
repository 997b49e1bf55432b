/**
 * Bytes, or units, of text that are joined or decoded at once. V8 keeps a string of more than 128 KiB
 * on pages of its own, which are new each time and cost more than the copy; and a value that somebody
 * keeps, keeps the text that it was cut from.
 */
export const TEXT_PIECE = 32 * 1024
