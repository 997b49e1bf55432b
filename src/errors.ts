import { alsoOfOtherCopies } from './model/copies.js'

/** Exit codes of `millrace run`, as documented in the README. */
export const exitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** Stopped at the deadline, or by a second signal, with records returned unsettled. */
  returned: 75,
  /** A supervisor should not try again: nothing changes until somebody changes the configuration. */
  config: 78,
} as const

/**
 * Every error that a user can meet, by its stable code: which exit code it ends with.
 *
 * The message is written where the error is thrown, because only there the thing it is about is
 * known. It names that thing and the fix, in one sentence or two.
 */
const exitCodes = {
  bad_config: exitCode.config,
  config_not_found: exitCode.config,
  module_not_loadable: exitCode.config,
  module_shape: exitCode.config,
  connector_unknown: exitCode.config,
  connector_option: exitCode.config,
  source_missing: exitCode.config,
  address_in_use: exitCode.failed,
  sink_unwritable: exitCode.config,
  sink_in_use: exitCode.failed,
  sink_not_closed: exitCode.failed,
  state_unwritable: exitCode.config,
  state_in_use: exitCode.failed,
  orphan_alive: exitCode.failed,
  checkpoint_damaged: exitCode.config,
  checkpoint_foreign: exitCode.config,
  checkpoint_newer: exitCode.config,
  typescript_unsupported: exitCode.config,
  bad_usage: exitCode.usage,
  platform_unsupported: exitCode.usage,
  not_installed: exitCode.failed,
  not_running: exitCode.failed,
  no_answer: exitCode.failed,
  ambiguous_pipeline: exitCode.usage,
  unknown_target: exitCode.usage,
  out_of_reach: exitCode.usage,
  not_replaceable: exitCode.failed,
  profile_running: exitCode.failed,
  boot_failed: exitCode.failed,
  source_failed: exitCode.failed,
  source_changed: exitCode.config,
  writer_lost: exitCode.failed,
  restart_budget_spent: exitCode.failed,
  broker_unreachable: exitCode.failed,
  broker_unfit: exitCode.config,
  not_taken_in: exitCode.config,
  record_too_large: exitCode.failed,
  record_not_encodable: exitCode.failed,
  result_missing: exitCode.failed,
  deadletter_unwritable: exitCode.failed,
  not_dead_letters: exitCode.config,
  dead_letters_elsewhere: exitCode.failed,
  replay_damaged: exitCode.config,
  internal: exitCode.failed,
} as const

export type ErrorCode = keyof typeof exitCodes

/**
 * The one base class of millrace's errors.
 *
 * `code` is stable and may be matched on; `message` says what is wrong, with what, and how to fix it.
 */
export class MillraceError extends Error {
  static override readonly [Symbol.hasInstance] = alsoOfOtherCopies('MillraceError')
  override readonly name = 'MillraceError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }

  get exitCode(): number {
    return exitCodes[this.code]
  }
}

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(exitCodes, code)

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    // An object without a prototype, or with a `toString` that throws.
    return `a thrown ${typeof thrown}`
  }
}

/** The system's error code (`ENOENT`, `EPIPE`, …) of whatever was thrown, if it has one. */
export const systemCodeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
