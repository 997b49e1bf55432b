import type { LogLevel } from '../model/logger.js'
import type { ConnectorRef } from './connector-ref.js'

/** A module of the user's, by its absolute path. */
export interface ModuleRef {
  readonly path: string
  /** Handed to the module as `ctx.with`. */
  readonly with: Readonly<Record<string, unknown>>
}

export type EndpointRef = { readonly module: ModuleRef } | { readonly connector: ConnectorRef }

/** Where dead letters go: into a file of ours, by its absolute path, or to a sink. */
export type LetterPlace = { readonly file: string } | EndpointRef

/** Whether results keep an order: none, that of each key's records, or that of the input. */
export type Order = 'none' | 'key' | 'input'

export type CodecName = 'msgpack' | 'json' | 'bytes'

/** A configuration with every default filled in, every path absolute, every duration in milliseconds, every size in bytes. */
export interface Config {
  readonly name: string
  readonly writer: EndpointRef
  readonly worker: ModuleRef
  /** Absent: results go nowhere, and returning means done. */
  readonly sender: EndpointRef | undefined
  readonly workers: number
  readonly concurrency: number
  readonly inQueue: number
  readonly outQueue: number
  readonly queueBytes: number
  readonly maxRecord: number
  readonly order: Order
  readonly codec: CodecName
  /** Milliseconds that the handler may take for one record. */
  readonly timeout?: number | undefined
  readonly retry: {
    readonly attempts: number
    readonly backoff: number
    readonly factor: number
    readonly maxBackoff: number
    /** Workers that a record may take along. */
    readonly deaths: number
  }
  readonly deadLetter: {
    readonly to: LetterPlace
    readonly maxSize: number
    readonly maxAge?: number | undefined
    /** 0 to 1, of the last 1,000 records. */
    readonly pauseAbove: number
  }
  readonly restart: {
    readonly intensity: number
    readonly period: number
    readonly backoff: number
    readonly maxBackoff: number
    /** For a process that replaces another, or is added, as planned. */
    readonly startTimeout: number
  }
  /** When a worker is replaced, and (`maxRss`) killed. */
  readonly recycle: {
    readonly records?: number | undefined
    readonly rss?: number | undefined
    readonly age?: number | undefined
    readonly maxRss?: number | undefined
  }
  readonly onWriterLoss: 'fail' | 'continue'
  /** Records a second that handlers begin at the most. */
  readonly rate?: number | undefined
  readonly transport: TransportConfig
  readonly checkpoint: { readonly every: number }
  readonly stateDir: string
  /** Whether `stateDir` is kept by every run (a named one), or only made when there is a dead letter to keep. */
  readonly keepsState: boolean
  readonly shutdown: { readonly timeout: number }
  /** Milliseconds for which nothing need be settled though there is work. */
  readonly stalledAfter: number
  /** Absent: there is no HTTP. */
  readonly http?: HttpConfig | undefined
  readonly log: { readonly level: LogLevel }
  /** Where the configuration came from, for messages; absent when flags alone made it. */
  readonly file: string | undefined
}

export type TransportConfig = { readonly kind: 'ipc' } | NatsTransport

export interface NatsTransport {
  readonly kind: 'nats'
  /** `host:port` of each server. */
  readonly servers: readonly string[]
  readonly user?: string
  readonly password?: string
  readonly token?: string
}

/** Where metrics and health are answered over HTTP. */
export interface HttpConfig {
  /** A name or an address, without brackets. */
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  /** What a request has to bring. Always there unless `host` is loopback. */
  readonly token?: string
}
