import { Socket } from 'node:net'
import { inspect } from 'node:util'
import { isErrorCode, MillraceError, messageOf } from '../errors.js'
import { Bookmark } from '../link/bookmark.js'
import { type ChildSpec, type FromChild, LINK_FDS, type ToChild } from '../link/control.js'
import { GrantedSlots } from '../link/granted-slots.js'
import { Link } from '../link/link.js'
import type { Message } from '../link/messages.js'
import { SlotFile } from '../link/slot-file.js'
import type { Logger, LogLevel } from '../model/logger.js'
import { copied, Stored } from '../model/payload.js'
import { VitalsWatch } from '../telemetry/vitals.js'
import { childLogger } from './logger.js'
import { prepareRole, type RoleRun, startRole } from './roles.js'

/*
 * The forked main of every child: learns its role, takes it up, and ends when it is told to or
 * when its primary is gone. Ctrl-C, systemd and pm2 signal every process of the tree; a child
 * minds none of it, because when to end is the primary's to say.
 */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToChild) => void obey(message))

/*
 * The primary may ask through Node's inspector where this process is stuck. That opens on a port that
 * is free, unless somebody has chosen one.
 */
if (process.debugPort === 9229) process.debugPort = 0

const aborter = new AbortController()
let run: RoleRun | undefined
let link: Link | undefined
let log: Logger | undefined

async function obey(message: ToChild): Promise<void> {
  try {
    if (message.type === 'start') await start(message.spec)
    else if (message.type === 'prepare') await prepare(message.spec)
    else if (message.type === 'drain') run?.drain?.()
    else if (message.type === 'logLevel') setLogLevel(message.level)
    else await stop()
  } catch (error) {
    giveUp(error)
  }
}

async function prepare(spec: ChildSpec): Promise<void> {
  await prepareRole(spec)
  tell({ type: 'prepared' })
}

async function start(spec: ChildSpec): Promise<void> {
  process.title = `millrace ${spec.name} ${spec.process}`
  log = childLogger(spec)
  const waiting: Message[] = []
  const sockets = {
    read: new Socket({ fd: LINK_FDS.read, readable: true, writable: true }),
    write: new Socket({ fd: LINK_FDS.write, readable: true, writable: true }),
  }
  const file = spec.sharedMemory ? new SlotFile(LINK_FDS.memory) : undefined
  const slots = file && new GrantedSlots(file)
  const listener = {
    message: (message: Message) => {
      if (message.kind === 'slots') slots?.grant(message.body.granted)
      else if (run) hear(run, message)
      else waiting.push(message)
    },
    heard: () => run?.heard?.(),
    ended: () => process.exit(0),
    broken: giveUp,
  }
  link = new Link(sockets, listener, { openSlot: file && ((address) => new Stored(address, file)) })
  const number = spec.worker?.bookmark
  const bookmark = number === undefined ? undefined : new Bookmark(LINK_FDS.memory, number)
  const keep = slots ? slots.keep.bind(slots) : copied
  const begun = await startRole(spec, { link, log, keep, bookmark, signal: aborter.signal, tell, giveUp })
  run = begun
  const { sourceKind, commits } = begun
  tell({ type: 'ready', ...(sourceKind && { sourceKind }), ...(commits && { commits }) })
  new VitalsWatch((vitals) => tell({ type: 'vitals', ...vitals })).start()
  begun.begin()
  for (const message of waiting) begun.message(message)
  begun.heard?.()
}

/** What is made of this logger later, such as those of single records, follows. */
function setLogLevel(level: LogLevel): void {
  if (log) Object.assign(log, { level })
}

async function stop(): Promise<void> {
  aborter.abort()
  await run?.stop()
  process.exit(0)
}

const tell = (message: FromChild): void => {
  process.send?.(message)
}

/** What cannot be done with a message ends this process with its own error, instead of as a crash that blames the records. */
function hear(role: RoleRun, message: Message): void {
  try {
    role.message(message)
  } catch (error) {
    giveUp(error)
  }
}

/** Milliseconds that what was sent has to leave before the process ends. */
const LAST_WORDS_MS = 1000

/**
 * Ends this process because it cannot go on, once everything it has sent is out. An error of
 * millrace's own is final, another process would meet it too; anything else is a crash, and the
 * supervisor decides.
 */
function giveUp(error: unknown): void {
  const final = error instanceof MillraceError && isErrorCode(error.code)
  const failed: FromChild = {
    type: 'failed',
    code: final ? error.code : 'internal',
    message: messageOf(error),
    // With the errors that caused it, if there are any.
    ...(error instanceof Error && { stack: inspect(error) }),
  }
  setTimeout(() => process.exit(1), LAST_WORDS_MS)
  void Promise.resolve(link?.flushed()).then(() => {
    if (process.send) process.send(failed, () => process.exit(1))
    else process.exit(1)
  })
}

tell({ type: 'hello' })
