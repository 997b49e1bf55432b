/** A rule of the flow was broken: a bug in millrace (or a peer that does not keep the protocol), never the user's fault. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}
