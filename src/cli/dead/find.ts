import { letterPlaceName } from '../../config/dead-letter-place.js'
import { RemoteDeadLetters } from '../../control/dead-letters.js'
import type { Wanted } from '../../control/locate.js'
import type { Entry } from '../../control/registry.js'
import { DeadLettersAtRest, type Exclusively } from '../../dead-letters/at-rest.js'
import { DeadLettersElsewhere } from '../../dead-letters/elsewhere.js'
import { systemClock } from '../../model/clock.js'
import type { DeadLetters } from '../../model/dead-letter.js'
import { findPipeline, type Rest } from '../find-pipeline.js'
import type { Terminal } from '../terminal.js'

/** What a `dead` command is about, and what it works with. */
export interface DeadRequest {
  readonly wanted: Wanted
  readonly terminal: Terminal
}

/** A pipeline's dead letters, as a command reaches them. */
export interface Found {
  readonly letters: DeadLetters
  /** What they are called in messages: of a pipeline, or in a file. */
  readonly place: string
  /** The pipeline, if it runs. */
  readonly running: Entry | undefined
}

/**
 * The dead letters that a command is for; see {@link findPipeline}.
 *
 * @throws MillraceError `not_running`, `ambiguous_pipeline`, and what is wrong with the configuration
 */
export async function findDeadLetters({ wanted, terminal }: DeadRequest): Promise<Found> {
  const found = await findPipeline(wanted, terminal)
  if ('running' in found) {
    const { running } = found
    return { letters: new RemoteDeadLetters(running), place: `of ${running.name}`, running }
  }
  const { rest } = found
  return { letters: atRest(rest), place: `in ${letterPlaceName(rest.to)}`, running: undefined }
}

function atRest({ stateDir, to }: Rest): DeadLetters {
  if (!('file' in to)) return new DeadLettersElsewhere(letterPlaceName(to))
  return new DeadLettersAtRest({ stateDir, path: to.file, exclusively, clock: systemClock })
}

/** Holds the lock of a state folder, as the pipeline would, so that none starts meanwhile. */
const exclusively: Exclusively = async (stateDir, work) => {
  const [{ makeStateDir }, { acquireLock }] = await Promise.all([
    import('../../primary/state/state-dir.js'),
    import('../../primary/state/lock.js'),
  ])
  await makeStateDir(stateDir)
  const lock = await acquireLock(stateDir)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}
