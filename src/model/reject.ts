/**
 * Says that trying again would be no different: the record goes to the dead letters at once, with
 * the reason as its cause.
 *
 * - A handler throws it for a record that it will never be able to handle. A handler of batches
 *   may return one in place of a result, and rejects that record alone.
 * - A sender throws it for a result that will never be accepted; a sender of batches may return
 *   one in place of an item. The record of that result is the one that becomes a dead letter.
 *
 * @example
 * if (!order.customer) throw new Reject(`order ${order.id} has no customer`)
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
