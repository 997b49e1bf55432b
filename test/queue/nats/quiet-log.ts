import type { Logger } from '../../../src/model/logger.js'

const ignore = () => {}

export const quietLog: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
