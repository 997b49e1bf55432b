import { MillraceError } from '../errors.js'
import type { Batching } from '../model/batching.js'
import type { ModuleRef } from './config.js'
import { parseDuration } from './quantities.js'

/** How long an incomplete batch waits for more when the module does not say. */
const DEFAULT_WITHIN_MS = 50

/** Checks `export const batch`; undefined when the module has none. */
export function batchingOf(batch: unknown, ref: ModuleRef): Batching | undefined {
  if (batch === undefined) return undefined
  const { size, within = DEFAULT_WITHIN_MS } = (batch ?? {}) as { size?: unknown; within?: unknown }
  const ms = parseDuration(within)
  if (!Number.isInteger(size) || (size as number) < 1 || ms === undefined) {
    throw new MillraceError(
      'module_shape',
      `\`batch\` of ${ref.path} must be like \`{ size: 500, within: '50ms' }\`: a number of records, and a duration`,
    )
  }
  return { size: size as number, within: ms }
}
