const letters = 'abcdefghijklmnopqrstuvwxyz'.repeat(8)

/** What record `number` of each kind of work looks like. The same as in `work.py`. */
export const values = {
  integers: (number) => number,
  objects: (number) => ({ id: number, name: `item ${number % 1000}`, cents: number % 100_000 }),
  /** 200 bytes, no two alike. */
  strings: (number) => String(number).padStart(10, '0') + letters.slice(0, 190),
  millisecond: (number) => number,
  wait: (number) => number,
}
