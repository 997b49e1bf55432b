import { codecNamed } from '../codec/codec.js'
import type { EndpointRef } from '../config/config.js'
import { sinkOf, sourceOf } from '../connectors/index.js'
import type { Bookmark } from '../link/bookmark.js'
import type { ChildSpec, FromChild } from '../link/control.js'
import type { Link } from '../link/link.js'
import type { Message } from '../link/messages.js'
import type { Batching } from '../model/batching.js'
import type { Logger } from '../model/logger.js'
import type { Keep } from '../model/payload.js'
import type { Sink } from '../model/sink.js'
import type { Source, SourceKind } from '../model/source.js'
import { loadModule } from './load-module.js'

/** A role that has been taken up. */
export interface RoleRun {
  readonly sourceKind?: SourceKind
  /** Whether the source wants to be told what is settled. Writers only. */
  readonly commits?: boolean
  /** Called once the primary knows that this process is ready. */
  begin(): void
  message(message: Message): void
  /** All messages that arrived together were told. Workers only. */
  heard?(): void
  /** A writer reads no more, and sends what is at hand; a worker gives back what it has not begun. */
  drain?(): void
  /** Everything is done: tear down and close. */
  stop(): Promise<void>
}

/** What every role is given to work with. */
export interface RolePorts {
  readonly link: Link
  /** Where encoded batches are put. */
  readonly keep: Keep
  /** Of a worker that has one in the shared memory. */
  readonly bookmark?: Bookmark | undefined
  readonly log: Logger
  readonly signal: AbortSignal
  tell(message: FromChild): void
  /** Ends this process: it cannot go on. */
  giveUp(error: unknown): void
}

/**
 * Loads what the role needs of the user, so that what cannot be loaded shows before anybody makes room
 * for this process. It is not loaded again when the role starts.
 */
export async function prepareRole({ writer, sender }: ChildSpec): Promise<void> {
  if (writer) await sourceAt(writer.from)
  if (sender) await sinkAt(sender.to)
}

/** Identity → role. Only the code of that role is loaded. */
export async function startRole(spec: ChildSpec, ports: RolePorts): Promise<RoleRun> {
  const codec = codecNamed(spec.codec)
  if (spec.writer) {
    const { startWriter } = await import('../writer/loop.js')
    const source = await sourceAt(spec.writer.from)
    return startWriter({ ...ports, spec, codec, source, resume: spec.writer.resume })
  }
  if (spec.worker) {
    const { startWorker } = await import('../worker/loop.js')
    const { workerFrom } = await import('../worker/user-module.js')
    const module = workerFrom(await loadModule(spec.worker.module), spec.worker.module)
    return startWorker({ ...ports, spec, codec, module })
  }
  if (spec.sender) {
    const { startSender } = await import('../sender/loop.js')
    const opened = await sinkAt(spec.sender.to)
    return startSender({ ...ports, spec, codec, ...opened, state: spec.sender.state })
  }
  throw new TypeError(`a ${spec.role} was started without its part of the spec`)
}

async function sourceAt(ref: EndpointRef): Promise<Source> {
  if ('connector' in ref) return sourceOf(ref.connector)
  const { sourceFrom } = await import('../writer/user-module.js')
  return sourceFrom(await loadModule(ref.module), ref.module)
}

async function sinkAt(ref: EndpointRef): Promise<{ sink: Sink; batch: Batching | undefined }> {
  if ('connector' in ref) return { sink: await sinkOf(ref.connector), batch: undefined }
  const { sinkFrom } = await import('../sender/user-module.js')
  return sinkFrom(await loadModule(ref.module), ref.module)
}
