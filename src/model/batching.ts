/** `export const batch` of a user's module, checked: how many at once, and how long to wait for them. */
export interface Batching {
  readonly size: number
  /** Milliseconds from the first record on. */
  readonly within: number
}
