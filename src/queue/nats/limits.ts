import type { Amount } from '../../model/amount.js'
import { LARGEST_HEADER } from './wire.js'

/** Bytes of a message's NATS headers at the most: its id, and what it must follow. */
const LARGEST_HEADERS = 512

export interface MessageLimits {
  /** Bytes of an encoded batch at the most. */
  readonly largestBody: number
  /** Bytes of a payload that fits whatever else its batch carries. */
  readonly largestBatch: number
}

/**
 * What follows from the server's `max_payload` (which counts headers too) and the queue's capacity.
 *
 * `largestBatch` leaves space for the origins of as many results as the queue may hold, 4 bytes
 * each.
 */
export function messageLimits(maxPayload: number, capacity: Amount): MessageLimits {
  const largestBody = maxPayload - LARGEST_HEADERS
  const origins = Math.min(4 * capacity.records, Math.floor(maxPayload / 4))
  return { largestBody, largestBatch: largestBody - LARGEST_HEADER - origins }
}
