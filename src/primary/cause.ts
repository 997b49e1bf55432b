import { isErrorCode, MillraceError, messageOf } from '../errors.js'
import type { ChildProcess, Death } from './processes/child-process.js'
import type { RestartSettings } from './processes/restart-policy.js'
import type { Place } from './topology.js'

/** Why a process could not start or go on, with what it said last. */
export function causeOf({ place }: Pick<ChildProcess, 'place'>, death: Death): MillraceError {
  const { failure } = death
  if (failure && failure.code !== 'internal' && isErrorCode(failure.code)) {
    return new MillraceError(failure.code, failure.message)
  }
  return new MillraceError(
    'boot_failed',
    `${place.id} could not start: ${death.exit.reason}${lastWords(death)}`,
  )
}

export const budgetSpent = (
  { id }: Place,
  death: Death,
  { intensity, period }: RestartSettings,
): MillraceError =>
  new MillraceError(
    'restart_budget_spent',
    `${id} died more than ${intensity} times in ${period / 1000} s, the last time with ${death.exit.reason}${lastWords(death)}; see the log, or raise \`restart.intensity\``,
  )

export const sinkNotClosed = (death: Death): MillraceError =>
  new MillraceError(
    'sink_not_closed',
    `everything was delivered, but the sink could not be closed: ${death.exit.reason}${lastWords(death)}. What it had not written out by then may be missing`,
    { cause: death.failure },
  )

export const lettersRefused = (): MillraceError =>
  new MillraceError(
    'deadletter_unwritable',
    'the sink of dead letters says that nobody takes them any more, and without it no record may be given up; set `deadLetter.to` to a sink that keeps them, or to a file',
  )

export const writerLost = (): MillraceError =>
  new MillraceError(
    'writer_lost',
    "the writer of a live source died, and what it had read and not handed over is lost; set `onWriterLoss: 'continue'` to go on without it",
  )

export const asMillraceError = (error: unknown): MillraceError =>
  error instanceof MillraceError
    ? error
    : new MillraceError('internal', `internal error: ${messageOf(error)}; please report it`, { cause: error })

function lastWords({ failure, lastLines }: Death): string {
  if (failure) return `: ${failure.stack ?? failure.message}`
  return lastLines.length > 0 ? `; its last lines:\n  ${lastLines.join('\n  ')}` : ''
}
