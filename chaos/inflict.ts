import { rmSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { burn } from './burners.js'
import { childPid, eventsOf, type Life } from './life.js'
import type { Misfortune, Target } from './misfortune.js'
import { isMarked, markedPids, reaperOf, sendSignal } from './processes.js'
import type { Stage } from './stage.js'

/** What a misfortune is done to. */
export interface Victim {
  readonly stage: Stage
  readonly life: Life
  /** Pids that were killed: a process that is still dying is not killed again. */
  readonly killed: Set<number>
}

/**
 * Does it, and undoes it after its time.
 *
 * @returns a promise of the end, or undefined when there was nothing for it to fall on
 */
export function inflict(misfortune: Misfortune, victim: Victim): Promise<void> | undefined {
  const { stage, life } = victim
  // To all of them or to none.
  const send = (signal: NodeJS.Signals, ...pids: (number | undefined)[]) =>
    pids.every((pid) => pid !== undefined && !victim.killed.has(pid) && isMarked(pid, stage.mark)) &&
    pids.every((pid) => sendSignal(pid!, signal, stage.mark))
  const kill = (...pids: (number | undefined)[]) => {
    if (!send('SIGKILL', ...pids)) return undefined
    for (const pid of pids) victim.killed.add(pid!)
    return done
  }
  switch (misfortune.kind) {
    case 'kill':
      return kill(pidOf(misfortune.target, victim, misfortune.early))
    case 'killBoth':
      return kill(pidOf('reaper', victim), pidOf('primary', victim))
    case 'drain':
      return send('SIGTERM', pidOf('primary', victim)) ? done : undefined
    case 'stopNow':
      return send('SIGTERM', pidOf('primary', victim)) ? again(() => send('SIGTERM', life.pid)) : undefined
    case 'stop': {
      const pid = pidOf(misfortune.target, victim)
      return send('SIGSTOP', pid) ? later(misfortune.ms, () => send('SIGCONT', pid)) : undefined
    }
    case 'starve':
      return later(misfortune.ms, starve(stage.mark))
    case 'fillDisk':
      stage.disk?.fill()
      return later(misfortune.ms, () => stage.disk?.free())
    case 'failSink':
      writeFileSync(stage.failing, '')
      return later(misfortune.ms, () => rmSync(stage.failing, { force: true }))
  }
}

const done = Promise.resolve()

/** Milliseconds between two signals that mean: now, really. */
const INSISTENCE = 100

const again = (send: () => unknown): Promise<void> => later(INSISTENCE, send)

async function later(ms: number, undo: () => unknown): Promise<void> {
  await sleep(ms)
  undo()
}

/** @param early it need not be ready */
function pidOf(target: Target, { stage, life }: Victim, early = false): number | undefined {
  if (target === 'reaper') return reaperOf(life.pid, stage.mark)
  if (target !== 'primary') return childPid(life, target, early ? 'processStarted' : 'processReady')
  return early || eventsOf(life, 'pipelineStarted').length > 0 ? life.pid : undefined
}

/** @returns how to end it; only root can give processes back the priority that they had */
function starve(mark: string): () => void {
  setPriorities(mark, constants.priority.PRIORITY_LOW)
  const stop = burn()
  return () => {
    stop()
    setPriorities(mark, constants.priority.PRIORITY_NORMAL)
  }
}

function setPriorities(mark: string, priority: number): void {
  for (const pid of markedPids(mark)) {
    try {
      setPriority(pid, priority)
    } catch {
      // Gone, or not allowed: then they stay slow.
    }
  }
}
