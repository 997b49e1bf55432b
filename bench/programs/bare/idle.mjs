import { report } from '../job.mjs'

/** A Node process that does nothing, until its stdin ends. */
report({ up: true })
process.stdin.resume().on('end', () => process.exit(0))
