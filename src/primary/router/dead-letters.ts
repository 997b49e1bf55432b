import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MillraceError, messageOf } from '../../errors.js'

/** A record given up on, with its cause: one line of the dead-letter file. */
export interface DeadLetter {
  readonly id: string
  /** Where it was given up: reading, in the handler, or by the sink. */
  readonly stage: 'writer' | 'worker' | 'sender'
  readonly attempts: number
  /** ISO 8601. */
  readonly at: string
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string }
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The value, where JSON can hold it exactly. */
  readonly value?: unknown
  /** Base64 of the value in MessagePack, where it cannot. */
  readonly valueMsgpack?: string
}

/** Milliseconds after which a write is worth a word. */
const SLOW_MS = 1000

/**
 * The dead-letter file: NDJSON, private to the user, made when there is something to keep. A letter
 * counts as kept when it is on disk; letters that arrive together share one sync.
 */
export class DeadLetterFile {
  readonly path: string
  readonly #slow: (slow: boolean) => void
  #file: FileHandle | undefined
  #pending: { readonly line: string; resolve(): void; reject(error: unknown): void }[] = []
  #writing = false
  #kept = 0

  /** @param slow called when a write takes more than a second, and again when it is done */
  constructor(path: string, slow: (slow: boolean) => void = () => {}) {
    this.path = path
    this.#slow = slow
  }

  /** Letters kept by this run. */
  get kept(): number {
    return this.#kept
  }

  /** Resolves when the letter is durable. Rejects with `deadletter_unwritable`. */
  keep(letter: DeadLetter): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ line: `${JSON.stringify(letter)}\n`, resolve, reject })
      if (!this.#writing) void this.#writeLoop()
    })
  }

  /** Resolves when everything handed over before is durable. */
  async settled(): Promise<void> {
    while (this.#writing) await new Promise((resolve) => setImmediate(resolve))
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async #writeLoop(): Promise<void> {
    this.#writing = true
    while (this.#pending.length > 0) {
      const letters = this.#pending.splice(0)
      const timer = setTimeout(this.#slow, SLOW_MS, true)
      try {
        this.#file ??= await this.#open()
        await this.#file.appendFile(letters.map(({ line }) => line).join(''))
        await this.#file.datasync()
        this.#kept += letters.length
        for (const { resolve } of letters) resolve()
      } catch (cause) {
        const error = unwritable(this.path, cause)
        for (const { reject } of letters) reject(error)
      }
      clearTimeout(timer)
      this.#slow(false)
    }
    this.#writing = false
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 })
    return open(this.path, 'a', 0o600)
  }
}

const unwritable = (path: string, cause: unknown) =>
  new MillraceError(
    'deadletter_unwritable',
    `the dead-letter file ${path} cannot be written: ${messageOf(cause)}; without it no record may be given up. Make room or access, or set \`deadLetter.to\``,
    { cause },
  )
