import * as z from 'zod'
import { logLevels } from '../model/logger.js'
import {
  durationPattern,
  longestDuration,
  parseDuration,
  parseRate,
  parseShare,
  parseSize,
  ratePattern,
  sharePattern,
  sizePattern,
} from './quantities.js'

/** What an option's messages and its line in the table need beside type, default and description. */
interface OptionNotes {
  /** Completes "… must be". */
  readonly expects: string
  /** The default where it depends on something else. */
  readonly defaultText?: string
  /** Its value is never printed. */
  readonly secret?: boolean
}

export const optionNotes = z.registry<OptionNotes>()

const whole = (least: number) => z.int().min(least)
const wholeFrom = (least: number): OptionNotes => ({ expects: `a whole number of at least ${least}` })

const duration = (least = 0) =>
  z
    .union([z.number().min(least).max(longestDuration), z.string().regex(durationPattern)])
    .transform((text, context): number => {
      const parsed = parseDuration(text)
      if (parsed !== undefined && parsed >= least) return parsed
      context.addIssue({ code: 'custom', message: 'out of range' })
      return z.NEVER
    })
const aDuration: OptionNotes = {
  expects: "a duration such as '10s' or '200ms', or a number of milliseconds, at most 24 days",
}
const somewhat: OptionNotes = { expects: `${aDuration.expects} and more than none` }

const size = () =>
  z.union([z.int().min(1), z.string().regex(sizePattern)]).transform((text, context): number => {
    const parsed = parseSize(text)
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: 'out of range' })
    return z.NEVER
  })
const aSize = "a size such as '64mb' or '512kb', or a number of bytes, at least 1"

const share = () =>
  z.union([z.number().min(0).max(1), z.string().regex(sharePattern)]).transform((text, context): number => {
    const parsed = parseShare(text)
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: 'out of range' })
    return z.NEVER
  })
const aShare = "a share such as '20%', or a number from 0 to 1"

/** Records a second. */
const rate = () =>
  z.union([z.number().gt(0), z.string().regex(ratePattern)]).transform((text, context): number => {
    const parsed = parseRate(text)
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: 'out of range' })
    return z.NEVER
  })
const aRate = "a rate such as '500/s', '30/m' or '10000/h', or a number of records a second"

/** A path, and nothing that looks like a connector: `file:dead.ndjson` would become a strange file name. */
const path = () => z.string().regex(/^(?![a-z][a-z0-9+.-]*:)./is)

/** Handed to another process, so it must be data that survives the way. */
const handedOver = z.record(z.string(), z.unknown()).refine((value) => {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
})

const module = z.union([path(), z.strictObject({ use: path(), with: handedOver.optional() })])
const endpoint = z.union([
  z.string().min(1),
  z.strictObject({ use: z.string().min(1), with: handedOver.optional() }),
])
const anEndpoint = "a module's path, a connector such as 'file:big.log', or { use, with: plain data }"

const nats = z.strictObject({
  servers: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  user: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
  token: z.string().min(1).optional(),
})

const http = z.strictObject({ listen: z.string().min(1), token: z.string().optional() })

/**
 * Every key of a configuration: type, default and description, in one place.
 *
 * Flags, environment variables, the README's table and the JSON schema are made from it.
 */
export const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/)
    .optional()
    .describe('Name of the pipeline: by it, commands find it and its state is kept.')
    .register(optionNotes, {
      expects: 'up to 64 letters, digits and dashes',
      defaultText: "the worker's file name",
    }),
  writer: endpoint
    .optional()
    .describe("Where records come from: a module's path, a connector, or `{ use, with }`.")
    .register(optionNotes, { expects: anEndpoint, defaultText: "'stdin:'" }),
  worker: module
    .optional()
    .describe('The module whose default export handles each record: its path, or `{ use, with }`.')
    .register(optionNotes, {
      expects: "a module's path or { use, with: plain data }",
      defaultText: 'required',
    }),
  sender: endpoint
    .nullable()
    .optional()
    .describe("Where results go: a module's path, a connector, or `{ use, with }`; `null` for nowhere.")
    .register(optionNotes, {
      expects: `${anEndpoint}, or null`,
      defaultText: "none; `'stdout:'` when piped, without a configuration file",
    }),
  workers: z
    .union([z.literal('auto'), whole(1)])
    .prefault('auto')
    .describe('Worker processes: a number, or one for each core available (container limits counted).')
    .register(optionNotes, { expects: "'auto' or a whole number of at least 1" }),
  concurrency: whole(1)
    .prefault(1)
    .describe('Records that one worker handles at once (for asynchronous handlers).')
    .register(optionNotes, wholeFrom(1)),
  inQueue: whole(1)
    .prefault(16384)
    .describe('Records that the queue between writer and workers holds.')
    .register(optionNotes, wholeFrom(1)),
  outQueue: whole(1)
    .prefault(16384)
    .describe('Results that the queue between workers and sender holds.')
    .register(optionNotes, wholeFrom(1)),
  queueBytes: size()
    .prefault('64mb')
    .describe('Bytes that each of the two queues holds.')
    .register(optionNotes, { expects: aSize }),
  maxRecord: size()
    .optional()
    .describe('Largest record; a larger one is dead-lettered by its position. At most half of `queueBytes`.')
    .register(optionNotes, {
      expects: aSize,
      defaultText: "'32mb', or half of `queueBytes` if that is less",
    }),
  order: z
    .enum(['none', 'key', 'input'])
    .prefault('none')
    .describe('Order of results: none, that of the records of one key, or that of the input.')
    .register(optionNotes, { expects: "'none', 'key' or 'input'" }),
  codec: z
    .enum(['msgpack', 'json', 'bytes'])
    .prefault('msgpack')
    .describe('Encoding of values between processes. MessagePack keeps dates, maps, sets and bytes.')
    .register(optionNotes, { expects: "'msgpack', 'json' or 'bytes'" }),
  timeout: duration(1)
    .optional()
    .describe('How long the handler may take for one record, before it is aborted and then killed.')
    .register(optionNotes, { expects: somewhat.expects, defaultText: 'none' }),
  retry: z
    .strictObject({
      attempts: whole(1)
        .prefault(5)
        .describe('Attempts that a record gets in all, before it is dead-lettered.')
        .register(optionNotes, wholeFrom(1)),
      backoff: duration()
        .prefault('200ms')
        .describe('Wait before the second attempt; each wait is drawn at random between half of it and all.')
        .register(optionNotes, aDuration),
      factor: z
        .number()
        .min(1)
        .prefault(3)
        .describe('How many times longer each wait is than the one before.')
        .register(optionNotes, { expects: 'a number of at least 1' }),
      maxBackoff: duration()
        .prefault('30s')
        .describe('Longest wait between two attempts.')
        .register(optionNotes, aDuration),
      deaths: whole(1)
        .prefault(3)
        .describe('Workers that a record may take along, before it is dead-lettered.')
        .register(optionNotes, wholeFrom(1)),
    })
    .prefault({})
    .describe('When and how often a failed record is tried again.'),
  deadLetter: z
    .strictObject({
      to: endpoint
        .optional()
        .describe('What keeps the records given up on, each with its cause: a file, or any sink.')
        .register(optionNotes, {
          expects: "a file's path, a sink's module, a connector, or { use, with: plain data }",
          defaultText: '`dead-letters.ndjson` in `stateDir`',
        }),
      maxSize: size()
        .prefault('1gb')
        .describe('Size of that file at which its oldest letters are thrown away; warned about before.')
        .register(optionNotes, { expects: aSize }),
      maxAge: duration(1)
        .optional()
        .describe('Age at which letters are thrown away; warned about before.')
        .register(optionNotes, { expects: somewhat.expects, defaultText: 'none' }),
      pauseAbove: share()
        .prefault('20%')
        .describe('Share of the last 1,000 records above which the pipeline pauses when they are given up.')
        .register(optionNotes, { expects: aShare }),
    })
    .prefault({})
    .describe('What becomes of records given up on.'),
  restart: z
    .strictObject({
      intensity: whole(0)
        .prefault(5)
        .describe('Restarts that each process has within `restart.period`; one more ends the pipeline.')
        .register(optionNotes, wholeFrom(0)),
      period: duration(1)
        .prefault('60s')
        .describe('Time over which `restart.intensity` counts.')
        .register(optionNotes, somewhat),
      backoff: duration()
        .prefault('100ms')
        .describe('Wait before the second restart without progress in between; the first is immediate.')
        .register(optionNotes, aDuration),
      maxBackoff: duration()
        .prefault('30s')
        .describe('Longest wait between two restarts.')
        .register(optionNotes, aDuration),
      startTimeout: duration(1)
        .prefault('60s')
        .describe('Time to become ready for a process that replaces another as planned; then that one stays.')
        .register(optionNotes, somewhat),
    })
    .prefault({})
    .describe('How processes that died are replaced.'),
  recycle: z
    .strictObject({
      records: whole(1)
        .optional()
        .describe('Records after which a worker is replaced; the new one starts first.')
        .register(optionNotes, { ...wholeFrom(1), defaultText: 'none' }),
      rss: size()
        .optional()
        .describe('Resident memory at which a worker is replaced; the new one starts first.')
        .register(optionNotes, { expects: aSize, defaultText: 'none' }),
      age: duration(1)
        .optional()
        .describe('Age at which a worker is replaced; the new one starts first.')
        .register(optionNotes, { expects: somewhat.expects, defaultText: 'none' }),
      maxRss: size()
        .optional()
        .describe('Resident memory beyond which a worker is killed, and its records go to others.')
        .register(optionNotes, {
          expects: aSize,
          defaultText: "its share of the container's, if that is limited; at least `'128mb'`",
        }),
    })
    .prefault({})
    .describe('When workers are replaced before they grow old.'),
  onWriterLoss: z
    .enum(['fail', 'continue'])
    .prefault('fail')
    .describe('After the death of a writer whose source cannot be read again: end the run, or go on.')
    .register(optionNotes, { expects: "'fail' or 'continue'" }),
  rate: rate()
    .optional()
    .describe('Records that handlers begin at the most, such as 500/s, 30/m or 10000/h.')
    .register(optionNotes, { expects: aRate, defaultText: 'none' }),
  transport: z
    .union([z.string().min(1), nats])
    .prefault('ipc')
    .describe("Where the queues are: `'ipc'`, `'nats://host:4222'`, or `{ servers, user, password, token }`.")
    .register(optionNotes, {
      expects: "'ipc', 'nats://host:4222' or { servers, user, password, token }",
      secret: true,
    }),
  stateDir: path()
    .optional()
    .describe('Folder of the checkpoint, dead letters and lock; private to the user.')
    .register(optionNotes, { expects: "a folder's path", defaultText: '`.millrace/<name>`' }),
  checkpoint: z
    .strictObject({
      every: duration(10)
        .prefault('1s')
        .describe('Time between two checkpoints; what was delivered since the last may be delivered again.')
        .register(optionNotes, { expects: `${aDuration.expects} and at least 10ms` }),
    })
    .prefault({})
    .describe('How often the place to resume from is noted.'),
  shutdown: z
    .strictObject({
      timeout: duration()
        .prefault('30s')
        .describe('How long a stop may drain before what is left is given back.')
        .register(optionNotes, aDuration),
    })
    .prefault({})
    .describe('How the pipeline stops.'),
  stalledAfter: duration(1)
    .prefault('5m')
    .describe('Time without anything settled, though there is work, after which `/healthz` says so.')
    .register(optionNotes, somewhat),
  http: z
    .union([z.string().min(1), http])
    .prefault('off')
    .describe(
      "Metrics and health over HTTP: `'127.0.0.1:9464'`, `'TOKEN@0.0.0.0:9464'`, `{ listen, token }`.",
    )
    .register(optionNotes, {
      expects: "'127.0.0.1:9464', 'TOKEN@0.0.0.0:9464', { listen, token } or 'off'",
      secret: true,
    }),
  log: z
    .strictObject({
      level: z
        .enum(logLevels)
        .prefault('info')
        .describe('Least severe log lines to write (to stderr).')
        .register(optionNotes, {
          expects: "'trace', 'debug', 'info', 'warn', 'error', 'fatal' or 'silent'",
        }),
    })
    .prefault({})
    .describe('What is logged.'),
})

/** A configuration as somebody writes it: every key optional here, because flags can give the rest. */
export type ConfigInput = z.input<typeof schema>

/** A configuration with defaults, durations and sizes in place; paths and connectors still as written. */
export type ParsedConfig = z.output<typeof schema>

export type EndpointInput = z.output<typeof endpoint>
export type ModuleInput = z.output<typeof module>
export type NatsInput = z.output<typeof nats>
