/**
 * The ids of a batch's records, as a column: a prefix and numbers where they have that shape
 * (`big.log@` + byte offset, `orders/3/` + Kafka offset), otherwise one string each.
 *
 * An id is stable: the same record has it again after a restart.
 */
export type Ids =
  | { readonly prefix: string; readonly first: number }
  | { readonly prefix: string; readonly numbers: readonly number[] | Float64Array }
  | { readonly list: readonly string[] }

export function idAt(ids: Ids, index: number): string {
  if ('list' in ids) return ids.list[index]!
  if ('first' in ids) return `${ids.prefix}${ids.first + index}`
  return `${ids.prefix}${ids.numbers[index]}`
}

export function sliceIds(ids: Ids, from: number, to: number): Ids {
  if ('list' in ids) return { list: ids.list.slice(from, to) }
  if ('first' in ids) return { prefix: ids.prefix, first: ids.first + from }
  return { prefix: ids.prefix, numbers: ids.numbers.slice(from, to) }
}

/** The ids of a selection of records, in its order. */
export function pickIds(ids: Ids, indexes: readonly number[]): Ids {
  if ('list' in ids) return { list: indexes.map((index) => ids.list[index]!) }
  if ('first' in ids) return { prefix: ids.prefix, numbers: indexes.map((index) => ids.first + index) }
  return { prefix: ids.prefix, numbers: indexes.map((index) => ids.numbers[index]!) }
}
