import type { Clock } from '../model/clock.js'
import type {
  ChosenLetters,
  DeadLetter,
  DeadLetterHead,
  DeadLetters,
  ReplayReport,
} from '../model/dead-letter.js'
import type { Bounds } from './bounds.js'
import { chooseForReplay, chooseIds } from './choose.js'
import { DeadLetterFile } from './dead-letter-file.js'
import { listLetters, showLetter } from './desk.js'
import { indexFile } from './live-letters.js'
import { addToReplayRequest } from './replay-request.js'

/** Does work on a state folder while no pipeline can start on it; rejects when one runs. */
export type Exclusively = <T>(stateDir: string, work: () => Promise<T>) => Promise<T>

interface AtRestParts {
  readonly stateDir: string
  readonly path: string
  readonly exclusively: Exclusively
  readonly clock: Clock
}

/** Only the pipeline that owns the letters throws away what is past its bounds. */
const unbounded: Bounds = { maxSize: Infinity }

/** The dead letters of a pipeline that does not run. */
export class DeadLettersAtRest implements DeadLetters {
  readonly #parts: AtRestParts

  constructor(parts: AtRestParts) {
    this.#parts = parts
  }

  list(): AsyncIterable<DeadLetterHead> {
    return listLetters(this.#parts.path)
  }

  show(id: string): Promise<DeadLetter> {
    return showLetter(this.#parts.path, id)
  }

  async drop(chosen: ChosenLetters): Promise<number> {
    const { stateDir, path, exclusively, clock } = this.#parts
    // A mistake is told without taking the lock, and without making a folder for it.
    if (chooseIds(await indexFile(path), chosen, path).length === 0) return 0
    return exclusively(stateDir, async () => {
      const file = await DeadLetterFile.open({ path, bounds: unbounded, clock, emit: () => {} })
      try {
        return await file.drop(chosen)
      } finally {
        await file.close()
      }
    })
  }

  /** Notes what the next start handles again. */
  async replay(chosen: ChosenLetters): Promise<ReplayReport> {
    const { stateDir, path, exclusively } = this.#parts
    const { ids, refused } = chooseForReplay(await indexFile(path), chosen, path)
    if (ids.length > 0) await exclusively(stateDir, () => addToReplayRequest(stateDir, ids))
    return { accepted: ids.length, refused }
  }
}
