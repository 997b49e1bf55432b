import type { Logger } from '../src/model/logger.js'

/** A log that nobody reads. */
export const quietLog: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
