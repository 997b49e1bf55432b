/** Hears what is published on a subject. */
export type Heard = (bytes: Uint8Array) => void

/**
 * What carries messages between machines: each at most once, and in the order in which they were
 * published. Some are lost when a connection breaks.
 */
export interface Bus {
  /** Bytes that one message can have. */
  readonly largest: number
  /** Returns at once. What cannot be sent is lost. */
  publish(subject: string, bytes: Uint8Array): void
  /** @returns what ends it */
  subscribe(subject: string, heard: Heard): () => void
  /** Resolves when it has been closed; with an error, if that was not asked for. */
  readonly closed: Promise<Error | undefined>
  /** Sends what was published, if that can be done soon, and lets go. */
  close(): Promise<void>
}

/** The subjects on which one pipeline's primary and its outposts meet; all of them need the trust that its streams need. */
export const subjectsOf = (pipeline: string) => {
  const root = `millrace.${pipeline}.join`
  return {
    hello: `${root}.hello`,
    /** @param id that an outpost has for this time */
    toOutpost: (id: string) => `${root}.${id}.down`,
    toPrimary: (id: string) => `${root}.${id}.up`,
  }
}
