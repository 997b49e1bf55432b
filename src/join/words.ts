import { hostname } from 'node:os'
import * as z from 'zod'
import type { FromChild, ToChild } from '../link/control.js'
import { logLevels } from '../model/logger.js'
import { MOST_WORKERS } from '../model/most-workers.js'
import type { Sent } from './wire.js'

/**
 * What primary and outpost say to each other, as it comes from a network: nothing is believed before it
 * has the shape that it should have. It counts up with every change of what follows.
 */
export const PROTOCOL = 2

/** Characters of an error that one end tells the other; who has a longer one cuts it. */
export const LONGEST_ERROR = 16_000

/** What somebody may read on a terminal, which is not to obey it: without control characters, but for line ends and tabs. */
const text = (longest: number) =>
  z
    .string()
    .max(longest)
    .overwrite((said) => said.replace(/(?![\n\t])\p{Cc}/gu, ''))

/** What a machine calls itself: it stands in logs and tables. */
const host = z.string().regex(/^[\w.-]{1,255}$/)

/** This machine's name, as others are told it. */
export const ownHost = (): string =>
  hostname()
    .replace(/[^\w.-]/g, '_')
    .slice(0, 255) || 'unnamed'

const natural = z.int().nonnegative()

/** Says that a machine would lend its cores. */
const hello = z.object({
  protocol: natural,
  /** Of millrace. */
  version: text(100),
  /** For this time only: the next has another one. */
  id: z.string().regex(/^[\w-]{1,64}$/),
  host,
  pid: natural,
  workers: z.int().min(1).max(MOST_WORKERS),
})

export type Hello = z.infer<typeof hello>

const sent: z.ZodType<Sent> = z.array(z.tuple([natural, natural])).max(4 * MOST_WORKERS)

/** How a pipeline ended, or an outpost's part in it. */
const farewell = z.discriminatedUnion('type', [
  /** It is not taken in, now or (`for good`) ever. */
  z.object({ type: z.literal('refused'), why: text(1000), forGood: z.boolean() }),
  /** The primary goes on without it; it may come again. */
  z.object({ type: z.literal('forgotten'), why: text(1000) }),
  /** Its workers cannot work. */
  z.object({ type: z.literal('dismissed'), code: text(100), message: text(LONGEST_ERROR) }),
  /** It has asked to leave, and nothing of it is needed any more. */
  z.object({ type: z.literal('released') }),
  z.object({ type: z.literal('over'), failed: z.boolean(), outcome: text(100) }),
])

export type Farewell = z.infer<typeof farewell>

const toOutpost = z.discriminatedUnion('type', [
  z.object({ type: z.literal('accepted'), host, pid: natural }),
  /** A process is wanted, which is spoken to on this channel. */
  z.object({ type: z.literal('fork'), channel: z.int().positive() }),
  /** What it says is not to be relied on any more: it is to be ended, and the primary told when it has. */
  z.object({ type: z.literal('end'), channel: z.int().positive() }),
  z.object({ type: z.literal('beat'), sent }),
  ...farewell.options,
])

export type ToOutpost = z.infer<typeof toOutpost>

const figures = z.object({
  channel: z.int().positive(),
  cpu: z.number().nonnegative(),
  cpuMs: z.number().nonnegative(),
  rss: z.number().nonnegative(),
})

const toPrimary = z.discriminatedUnion('type', [
  z.object({ type: z.literal('beat'), sent }),
  z.object({ type: z.literal('figures'), of: z.array(figures).max(4 * MOST_WORKERS) }),
  /** A process that it was told to end is dead. */
  z.object({ type: z.literal('ended'), channel: z.int().positive() }),
  /** It wants to go: its workers are to finish what they have begun. */
  z.object({ type: z.literal('leave') }),
  /** It is gone with this. */
  z.object({ type: z.literal('gone') }),
])

export type ToPrimary = z.infer<typeof toPrimary>

/** About the life of one process, from the outpost. */
const lifeThere = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), pid: z.int().positive() }),
  z.object({
    type: z.literal('exited'),
    code: z.int().nullable(),
    signal: text(20).nullable(),
    /** Why it could not be started at all. */
    error: text(LONGEST_ERROR).optional(),
    /** Why it counts as lost, whatever it ended with. */
    lost: text(1000).optional(),
  }),
])

export type LifeThere = z.infer<typeof lifeThere>

const lead = z.discriminatedUnion('type', [
  z.object({ type: z.literal('kill'), signal: z.enum(['SIGKILL', 'SIGTERM']) }),
  /** So much more of what it printed has been read, so it may print more. */
  z.object({ type: z.literal('read'), bytes: natural }),
])

/** What is done with one process, from the primary. */
export type LeadThere = z.infer<typeof lead>

/** Bytes that a process may print ahead of what the primary has read. What goes over its link is bounded by credit of its own. */
export const TEXT_AHEAD = 256 * 2 ** 10

const fromWorker = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello') }),
  z.object({ type: z.literal('prepared') }),
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('failed'),
    code: text(100),
    message: text(LONGEST_ERROR),
    stack: text(LONGEST_ERROR).exactOptional(),
  }),
  z.object({
    type: z.literal('vitals'),
    utilization: z.number(),
    delayMs: z.number(),
    heapUsed: z.number(),
  }),
])

const amount = z.object({ records: natural, bytes: natural })

/** What a worker elsewhere is told. Memory is shared with nobody there, so nothing of that is passed on. */
const spec = z.object({
  role: z.literal('worker'),
  process: text(100),
  index: natural,
  name: text(255),
  codec: z.enum(['msgpack', 'json', 'bytes']),
  logLevel: z.enum(logLevels),
  maxRecord: natural,
  hand: amount,
  batchBytes: natural,
  maxBatch: natural,
  worker: z.object({
    /** The path is that of the outpost's own module. */
    module: z.object({ with: z.record(z.string(), z.unknown()) }),
    concurrency: natural,
    delivers: z.boolean(),
    lines: z.enum(['lines', 'ndjson']).exactOptional(),
    timeout: z.number().exactOptional(),
    inOrder: z.literal(true).exactOptional(),
  }),
})

const toWorker = z.discriminatedUnion('type', [
  z.object({ type: z.literal('prepare'), spec }),
  z.object({ type: z.literal('start'), spec }),
  z.object({ type: z.literal('drain') }),
  z.object({ type: z.literal('logLevel'), level: z.enum(logLevels) }),
  z.object({ type: z.literal('stop') }),
])

/** What is said to a worker, before it has the path of its module. */
type ToWorker = z.infer<typeof toWorker>

/** @param path of the module that stands in for that of the pipeline */
function withModule(message: ToWorker, path: string): ToChild {
  if (message.type !== 'prepare' && message.type !== 'start') return message
  const { worker, ...rest } = message.spec
  const module = { path, with: worker.module.with }
  return { type: message.type, spec: { ...rest, worker: { ...worker, module } } }
}

/** What bytes say, if they are what they should be. */
function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array): T | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(bytes).toString())).data
  } catch {
    return undefined
  }
}

export const helloIn = (bytes: Uint8Array): Hello | undefined => parsed(hello, bytes)
export const toOutpostIn = (bytes: Uint8Array): ToOutpost | undefined => parsed(toOutpost, bytes)
export const toPrimaryIn = (bytes: Uint8Array): ToPrimary | undefined => parsed(toPrimary, bytes)
export const lifeThereIn = (bytes: Uint8Array): LifeThere | undefined => parsed(lifeThere, bytes)
export const leadIn = (bytes: Uint8Array): LeadThere | undefined => parsed(lead, bytes)
export const fromWorkerIn = (bytes: Uint8Array): FromChild | undefined => parsed(fromWorker, bytes)

export function toWorkerIn(bytes: Uint8Array, path: string): ToChild | undefined {
  const message = parsed(toWorker, bytes)
  return message && withModule(message, path)
}
