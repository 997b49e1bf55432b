import { codecNamed } from '../../codec/codec.js'
import type { Config } from '../../config/config.js'
import { letterPlaceName } from '../../config/dead-letter-place.js'
import { DeadLetterFile } from '../../dead-letters/dead-letter-file.js'
import type { Clock } from '../../model/clock.js'
import type { EventListener } from '../../telemetry/events.js'
import { LETTER_CODEC } from '../topology.js'
import { LetterDelivery } from './letter-delivery.js'

/** Where letters go: into the file, or to a sink. */
export type Letters = DeadLetterFile | LetterDelivery

export interface LettersParts {
  readonly config: Config
  readonly clock: Clock
  readonly emit: EventListener
  /** They are kept no longer for now, or again. */
  blocked(which: string, reason: string | undefined): void
}

export async function openLetters({ config, clock, emit, blocked }: LettersParts): Promise<Letters> {
  const { to } = config.deadLetter
  if (!('file' in to)) return new LetterDelivery(letterPlaceName(to), codecNamed(LETTER_CODEC))
  const path = to.file
  return DeadLetterFile.open({
    path,
    bounds: config.deadLetter,
    clock,
    emit,
    slow: (slow) => blocked('dead letters', slow ? `${path} takes long to write` : undefined),
  })
}
