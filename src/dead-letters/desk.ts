import type {
  ChosenLetters,
  DeadLetter,
  DeadLetterHead,
  DeadLetters,
  ReplayReport,
} from '../model/dead-letter.js'
import { chooseForReplay, noSuchLetter } from './choose.js'
import type { DeadLetterFile } from './dead-letter-file.js'
import { headOf } from './entries.js'
import { indexFile, readLetters } from './live-letters.js'
import { clearReplayRequest, readReplayRequest } from './replay-request.js'

/** What can be looked at, wherever the file is written from. */
export const listLetters = async function* (path: string): AsyncGenerator<DeadLetterHead> {
  for await (const letter of readLetters(path)) yield headOf(letter)
}

/** @throws MillraceError `unknown_target` */
export async function showLetter(path: string, id: string): Promise<DeadLetter> {
  for await (const letter of readLetters(path, new Set([id]))) return letter
  throw noSuchLetter([id], path, (await indexFile(path)).keys())
}

/**
 * Takes letters in, to be handled again, as there is room for them; each must be forgotten when its
 * record is settled, or kept anew. Throws when nothing is taken in now.
 */
export type Feed = (letters: AsyncIterable<DeadLetter>) => void

const underWay = 'it is being handled again already'

/** The dead letters of a pipeline that runs in this process. */
export class DeadLetterDesk implements DeadLetters {
  readonly #file: DeadLetterFile
  readonly #feed: Feed

  constructor(file: DeadLetterFile, feed: Feed) {
    this.#file = file
    this.#feed = feed
  }

  list(): AsyncIterable<DeadLetterHead> {
    return listLetters(this.#file.path)
  }

  show(id: string): Promise<DeadLetter> {
    return showLetter(this.#file.path, id)
  }

  drop(chosen: ChosenLetters): Promise<number> {
    return this.#file.drop(chosen)
  }

  async replay(chosen: ChosenLetters): Promise<ReplayReport> {
    const { path } = this.#file
    const { ids, refused } = chooseForReplay(await indexFile(path), chosen, path)
    const begun = this.#file.beginReplay(ids)
    const already = ids.filter((id) => !begun.has(id)).map((id) => ({ id, why: underWay }))
    try {
      if (begun.size > 0) this.#feed(this.#file.letters(begun))
    } catch (thrown) {
      this.#file.cancelReplay(begun)
      throw thrown
    }
    return { accepted: begun.size, refused: [...refused, ...already] }
  }

  /**
   * Takes over what was asked for while no pipeline ran on this state folder. Letters that have left
   * since are passed over. The request ends here: should this run die, the letters are still there.
   */
  async replayRequested(stateDir: string): Promise<ReplayReport> {
    const wanted = await readReplayRequest(stateDir)
    if (wanted.length === 0) return { accepted: 0, refused: [] }
    const live = await indexFile(this.#file.path)
    const report = await this.replay(wanted.filter((id) => live.has(id)))
    await clearReplayRequest(stateDir)
    return report
  }
}
