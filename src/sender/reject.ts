/**
 * Thrown by a sender (or returned in place of an item by a batch sender): this result will never be
 * accepted, so its record goes to the dead letters with the reason instead of being tried again.
 */
export class Reject extends Error {
  override readonly name = 'Reject'

  constructor(reason: string) {
    super(reason)
  }
}

/** Also recognises the class of another copy of millrace. */
export const isReject = (thrown: unknown): thrown is Reject =>
  thrown instanceof Error && thrown.name === 'Reject'
