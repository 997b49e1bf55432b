import { dirname } from 'node:path'
import type { Config } from '../../config/config.js'
import { MillraceError, messageOf } from '../../errors.js'
import type { Draft } from '../../flow/commit.js'
import type { Reached } from '../../flow/frontier.js'
import { type Counters, noCounters } from '../../model/counters.js'
import type { Logger } from '../../model/logger.js'
import { pairsOfSpans, spansOfPairs } from '../../model/pairs.js'
import type { SourceKind } from '../../model/source.js'
import type { EventListener } from '../../telemetry/events.js'
import type { Note } from '../checkpoints.js'
import type { Checkpoint } from './checkpoint.js'
import {
  checkpointPath,
  readCheckpoint,
  refuseForeign,
  removeCheckpoint,
  writeCheckpoint,
} from './checkpoint-file.js'
import { identityOf } from './identity.js'
import { acquireLock, type Lock } from './lock.js'
import { endOrphans } from './orphans.js'
import { predecessorIn } from './predecessor.js'
import { acquireSinkLock } from './sink-lock.js'
import { makeStateDir } from './state-dir.js'

/** What a run begins with, and where it keeps how far it came. */
export interface RunState {
  /** Where the source is taken up. */
  readonly from: Reached
  /** JSON: what the sink goes back to. */
  readonly sinkState: string | undefined
  /** Whether what the sink holds beyond that is delivered again: not if it came from a live source. */
  readonly redelivers: boolean
  /** Records of a live source that an earlier run read, and of which nobody knows what became. */
  readonly mayBeLost: MayBeLost | undefined
  /** The account of all runs before this one. */
  readonly before: Counters
  /** The checkpoint that this run resumes from. */
  readonly resumed: Checkpoint | undefined
  write(draft: Draft<Note>, kind: SourceKind, inFlight: number): Promise<void>
  close(): Promise<void>
}

/** What was in flight when the last checkpoint was taken, and everything that was read after it. */
export interface MayBeLost {
  readonly records: number
  /** ISO 8601. */
  readonly at: string
}

export interface RunStateParts {
  readonly emit: EventListener
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Somebody else has taken the state folder, or the file of the sink: this pipeline must end. */
  lost(error: MillraceError): void
}

const theBeginning: Reached = { place: 0, settledBeyond: [] }

/** A run without a state folder begins at the beginning, and leaves nothing behind. */
const stateless: RunState = {
  from: theBeginning,
  sinkState: undefined,
  redelivers: true,
  mayBeLost: undefined,
  before: noCounters,
  resumed: undefined,
  write: async () => {},
  close: async () => {},
}

/**
 * Takes the state folder of a pipeline, and the file that its sink writes to: alone, with every process of a dead predecessor ended, and
 * with what its checkpoint says.
 *
 * @param fresh begins again whatever the checkpoint says; it is removed, because the sink begins again too
 * @throws MillraceError `state_in_use`, `sink_in_use`, `state_unwritable`, `checkpoint_damaged`, `checkpoint_foreign`, `checkpoint_newer`
 */
export async function openRunState(config: Config, fresh: boolean, parts: RunStateParts): Promise<RunState> {
  if (!config.keepsState) {
    const sink = await lockSink(config, parts)
    return { ...stateless, close: async () => sink?.release() }
  }
  const { stateDir } = config
  const { emit, log, lost } = parts
  await makeStateDir(stateDir)
  const predecessor = await predecessorIn(stateDir)
  const lock = await acquireLock(stateDir, { onWait: (reason) => log.info(reason), onLost: lost })
  let sink: Lock | undefined
  const release = async () => {
    await sink?.release()
    await lock.release()
  }
  try {
    sink = await lockSink(config, parts)
    if (predecessor) emit({ type: 'primaryDied', ...predecessor })
    const pids = await endOrphans(stateDir)
    if (pids.length > 0) emit({ type: 'orphansEnded', pids })
    if (fresh) await removeCheckpoint(stateDir)
    const identity = identitiesOf(config)
    const checkpoint = await readCheckpoint(stateDir)
    if (checkpoint) refuseForeign(checkpoint, identity, checkpointPath(stateDir))
    return {
      ...takenUp(checkpoint, predecessor !== undefined),
      write: (draft, kind, inFlight) =>
        writeCheckpoint(stateDir, checkpointOf(draft, { ...identity, kind, inFlight })),
      close: release,
    }
  } catch (error) {
    await release()
    throw error
  }
}

/** Where no lock can be kept, a pipeline runs all the same: only its neighbours are not kept out. */
async function lockSink({ sender }: Config, { log, lost }: RunStateParts): Promise<Lock | undefined> {
  try {
    return await acquireSinkLock(sender, { onWait: (reason) => log.info(reason), onLost: lost })
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'sink_in_use') throw error
    log.warn({ err: error }, `other pipelines are not kept from the sink's file: ${messageOf(error)}`)
    return undefined
  }
}

interface Identities {
  readonly source: string
  readonly sink: string
}

function identitiesOf({ writer, sender, file }: Config): Identities {
  const base = file ? dirname(file) : process.cwd()
  return { source: identityOf(writer, base), sink: identityOf(sender, base) }
}

/** @param died the primary of the run before this one did not end by itself */
function takenUp(checkpoint: Checkpoint | undefined, died: boolean): Omit<RunState, 'write' | 'close'> {
  if (!checkpoint) return stateless
  const { source, position, place, settledBeyond, sinkState, total: before } = checkpoint
  if (source.kind === 'live') return { ...takenUpLive(checkpoint, died), before, resumed: checkpoint }
  const from = {
    place,
    settledBeyond: [...spansOfPairs(settledBeyond)],
    ...(position !== undefined && { position }),
  }
  return { ...stateless, from, sinkState, before, resumed: checkpoint }
}

/**
 * A live source has no place to go back to. Its sink goes on behind everything it has, because
 * nothing is delivered again; unless the run had come to its end: then it begins anew.
 */
function takenUpLive(
  { sinkState, inFlight, at, finished }: Checkpoint,
  died: boolean,
): Pick<RunState, 'from' | 'sinkState' | 'redelivers' | 'mayBeLost'> {
  if (finished) return stateless
  // Even if nothing was in flight at the checkpoint: the dead one has read on.
  const mayBeLost = died || inFlight > 0 ? { records: inFlight, at } : undefined
  return { from: theBeginning, sinkState, redelivers: false, mayBeLost }
}

function checkpointOf(
  { position, place, settledBeyond, sinkState, note }: Draft<Note>,
  about: Identities & { readonly kind: SourceKind; readonly inFlight: number },
): Checkpoint {
  const { source, sink, kind, inFlight } = about
  const live = kind === 'live'
  return {
    source: { identity: source, kind },
    sink: { identity: sink },
    ...(position !== undefined && !live && { position }),
    place: live ? 0 : place,
    settledBeyond: live ? [] : pairsOfSpans(settledBeyond),
    ...(sinkState !== undefined && { sinkState }),
    total: note.total,
    inFlight,
    at: new Date().toISOString(),
    finished: note.finished,
  }
}

/** Where a run takes up, as it is told at its start. */
export function resumptionText(resumed: Checkpoint | undefined, kind: SourceKind | undefined): string {
  if (kind === 'live') {
    return 'from a live source, which cannot be read again: what is in flight when the primary is killed is lost'
  }
  if (!resumed) return 'from the beginning of the source'
  const { place, at, finished, position } = resumed
  if (finished) return `behind record ${place}, where an earlier run finished at ${at} (--fresh begins again)`
  return `behind record ${place}, as noted at ${at}${position === undefined ? '' : `: ${position}`}`
}
