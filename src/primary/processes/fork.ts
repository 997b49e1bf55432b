import { type ChildProcess, fork } from 'node:child_process'
import cluster from 'node:cluster'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type FromChild, LINK_FDS, type ToChild } from '../../link/control.js'
import type { LinkSockets } from '../../link/link.js'
import type { Role } from '../../model/role.js'
import { packageRoot } from '../../package.js'
import type { Figures } from '../../telemetry/figures.js'
import { NOTIFY_VARIABLES } from '../../telemetry/notify/overseer.js'

const childMain = fileURLToPath(new URL('dist/child/main.js', packageRoot()))

/** A process of which nobody knows how it ended, nor what it was still to say. */
export interface Lost {
  /** As a phrase that goes on from `lost: `. */
  readonly why: string
  /** Whether a record in its hand may be why: its machine fell silent, and nobody knows the reason. */
  readonly suspicious: boolean
}

/** How a process has ended that did not simply exit: it could not be started at all, or is lost. */
export interface NoExit {
  readonly error?: Error | undefined
  readonly lost?: Lost | undefined
}

export type OnExit = (code: number | null, signal: NodeJS.Signals | null, instead?: NoExit) => void

/** A process that was just forked, here or on another machine, reduced to what its supervisor uses. */
export interface Forked {
  /** Undefined when it could not be started, or has not been yet. */
  readonly pid: number | undefined
  /** The primary's ends of the data link. */
  readonly link: LinkSockets
  /** Absent when the child was given the primary's own stdout. */
  readonly stdout: Readable | null
  readonly stderr: Readable
  /** What it uses, where only its own machine can tell. */
  readonly figures?: Figures | undefined
  tell(message: ToChild): void
  kill(signal: NodeJS.Signals): void
  /** Called once when it has a pid: at once if it has one. */
  onStart(listener: (pid: number) => void): void
  onMessage(listener: (message: FromChild) => void): void
  /** Called once, when everything that the child has told was heard and its channel is closed. */
  onDisconnect(listener: () => void): void
  /** Called once, when the process has ended, or never will. */
  onExit(listener: OnExit): void
}

export interface ForkOptions {
  readonly role: Role
  /** Streams of the primary that the child uses as its own. */
  readonly stdin: boolean
  readonly stdout: boolean
  /** Descriptor of the memory that the pipeline's processes share. */
  readonly memory: number | undefined
  /** Variables by which a later primary finds the child; they are added to its environment. */
  readonly mark: Mark
}

type Mark = Readonly<Record<string, string>>

/**
 * The only place where processes are made. Workers come from `node:cluster`, so that handlers which
 * listen share their port; writer and sender from `child_process.fork`.
 *
 * Each has two socketpairs for data, one a way, beside the fork's own channel. What systemd has said to the
 * primary, or to the program that the primary is part of, is not passed on: no child speaks to systemd.
 */
export function forkChild({ role, stdin, stdout, memory, mark }: ForkOptions): Forked {
  const standard: ForkStdio = [stdin ? 'inherit' : 'ignore', stdout ? 'inherit' : 'pipe', 'pipe']
  const stdio: ForkStdio = [...standard, 'ipc', 'pipe', 'pipe', ...(memory === undefined ? [] : [memory])]
  return forked(role === 'worker' ? forkByCluster(stdio, mark) : forkByItself(stdio, mark))
}

function forkByItself(stdio: ForkStdio, mark: Mark): ChildProcess {
  return fork(childMain, [], { stdio, env: childEnvironment(mark), serialization: 'json' })
}

function forkByCluster(stdio: ForkStdio, mark: Mark): ChildProcess {
  cluster.setupPrimary({ exec: childMain, args: [], stdio, serialization: 'json' })
  // Here the environment can be added to, and nothing left out.
  const notForChildren = NOTIFY_VARIABLES.filter((name) => process.env[name]).map((name) => [name, ''])
  const worker = cluster.fork({ ...Object.fromEntries(notForChildren), ...mark })
  // An IPC channel that breaks shows as an exit as well.
  worker.on('error', () => {})
  return worker.process
}

type ForkStdio = ('inherit' | 'ignore' | 'pipe' | 'ipc' | number)[]

function childEnvironment(mark: Mark): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...mark }
  for (const name of NOTIFY_VARIABLES) delete environment[name]
  return environment
}

function forked(child: ChildProcess): Forked {
  child.on('error', () => {})
  return {
    pid: child.pid,
    // What the child reads from, the primary writes to.
    link: { read: streamOf(child, LINK_FDS.write), write: streamOf(child, LINK_FDS.read) },
    stdout: child.stdout,
    stderr: child.stderr ?? Readable.from([]),
    tell: (message) => {
      if (child.connected) child.send(message, () => {})
    },
    kill: (signal) => {
      child.kill(signal)
    },
    onStart: (listener) => {
      if (child.pid !== undefined) listener(child.pid)
    },
    onMessage: (listener) => {
      child.on('message', (message) => {
        if (isFromChild(message)) listener(message)
      })
    },
    onDisconnect: (listener) => {
      child.once('disconnect', listener)
    },
    onExit: (listener) => {
      if (child.pid === undefined) child.once('error', (error) => listener(null, null, { error }))
      else child.once('exit', (code, signal) => listener(code, signal))
    },
  }
}

/** A process that could not be started has no streams. */
const streamOf = (child: ChildProcess, fd: number): Socket =>
  (child.stdio?.[fd] as Socket | null | undefined) ?? new Socket()

/** Workers' modules may use the channel for messages of their own; those are not for us. */
const isFromChild = (message: unknown): message is FromChild =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  Object.hasOwn(told, String(message.type))

const told: Readonly<Record<FromChild['type'], true>> = {
  hello: true,
  prepared: true,
  ready: true,
  failed: true,
  blocked: true,
  vitals: true,
  sinkClosed: true,
}
