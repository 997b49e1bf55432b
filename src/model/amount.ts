/** A quantity of data, in the two units that every bound in millrace has. */
export interface Amount {
  readonly records: number
  readonly bytes: number
}

export const nothing: Amount = { records: 0, bytes: 0 }

export const plus = (a: Amount, b: Amount): Amount => ({
  records: a.records + b.records,
  bytes: a.bytes + b.bytes,
})

export const minus = (a: Amount, b: Amount): Amount => ({
  records: a.records - b.records,
  bytes: a.bytes - b.bytes,
})

/** Whether `part` fits into `whole` in both units. */
export const fits = (part: Amount, whole: Amount): boolean =>
  part.records <= whole.records && part.bytes <= whole.bytes
