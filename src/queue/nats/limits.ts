import type { Amount } from '../../model/amount.js'
import { LARGEST_HEADER } from './wire.js'

/** Bytes of a message's NATS headers at the most: its id, and what it must follow. */
const LARGEST_HEADERS = 512

/** Messages asked for in advance at the most. */
const LARGEST_PREFETCH = 64

export interface MessageLimits {
  /** Bytes of an encoded batch at the most. */
  readonly largestBody: number
  /** Bytes of a payload that fits whatever else its batch carries. */
  readonly largestBatch: number
  /** Messages to ask for in advance. */
  readonly prefetch: number
}

/**
 * What follows from the server's `max_payload` (which counts headers too) and the queue's capacity.
 *
 * `largestBatch` leaves space for the origins of as many results as the queue may hold, 4 bytes
 * each. The prefetch keeps what an earlier run left behind from filling more than the capacity
 * again with messages that nobody has looked into yet.
 */
export function messageLimits(maxPayload: number, capacity: Amount): MessageLimits {
  const largestBody = maxPayload - LARGEST_HEADERS
  const origins = Math.min(4 * capacity.records, Math.floor(maxPayload / 4))
  const affordable = Math.min(capacity.records, Math.floor(capacity.bytes / maxPayload))
  return {
    largestBody,
    largestBatch: largestBody - LARGEST_HEADER - origins,
    prefetch: Math.max(1, Math.min(LARGEST_PREFETCH, affordable)),
  }
}
