import { lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { makeFolders } from '../config/make-folders.js'
import { isOwnFolder, makePrivate } from '../config/private-folder.js'
import { MillraceError, systemCodeOf } from '../errors.js'

/** What the registry keeps of a running pipeline. */
export interface Entry {
  readonly name: string
  readonly pid: number
  readonly stateDir: string
  /** ISO 8601: since when it runs. */
  readonly since: string
  /** Path of its control socket. */
  readonly socket: string
  readonly version: string
}

/** Bytes of a socket's path: macOS has room for 104 with the final NUL, and Node cuts longer ones silently. */
const longestSocketPath = 103

/**
 * Folders that may hold the pipelines of this user, the preferred one first.
 *
 * A service and a shell of one user do not always agree on `XDG_RUNTIME_DIR`, and a service of systemd has a
 * temporary folder of its own; so whoever looks for a pipeline looks in all of them.
 *
 * @param run where systemd makes the `RuntimeDirectory` of a service, which is named after its user
 */
export function controlFolders(env: Readonly<Record<string, string | undefined>>, run = '/run'): string[] {
  const own = `millrace-${process.getuid?.() ?? 'user'}`
  const runtime = env.XDG_RUNTIME_DIR
  const session = runtime && isFolder(runtime) ? [join(runtime, 'millrace')] : []
  const service = join(run, own)
  return [...session, ...(isFolder(service) ? [service] : []), join(env.TMPDIR || tmpdir(), own)]
}

/**
 * The control socket for a pipeline of this process, in a folder that is this user's alone.
 *
 * @throws MillraceError `bad_config` when the path is too long, or the folder belongs to somebody else
 */
export function socketFor(name: string, folder: string, pid = process.pid): string {
  makeFolders(folder, 0o700)
  if (!makePrivate(folder)) throw foreign(folder)
  const socket = join(folder, `${name}-${pid}.sock`)
  const length = Buffer.byteLength(socket)
  if (length <= longestSocketPath) return socket
  throw new MillraceError(
    'bad_config',
    `the control socket ${socket} has a path of ${length} bytes, and systems allow ${longestSocketPath}; give a shorter \`name\`, or a shorter XDG_RUNTIME_DIR`,
  )
}

/** Makes a pipeline known, once its socket listens. The returned function takes that back. */
export function register(entry: Entry): () => void {
  const file = fileOf(entry)
  const draft = `${file}.draft`
  writeFileSync(draft, JSON.stringify(entry), { mode: 0o600 })
  renameSync(draft, file)
  return () => forget(entry)
}

/** Removes a pipeline that has ended. */
export function forget(entry: Entry): void {
  rmSync(fileOf(entry), { force: true })
  rmSync(entry.socket, { force: true })
}

/** The pipelines whose process lives; what dead ones left behind is removed. */
export function entriesIn(folders: readonly string[]): Entry[] {
  return folders.flatMap((folder) => {
    // In a shared temporary folder anybody may have planted one. What is in it is not ours, or we would not have put it there.
    if (!isFolder(folder) || !isOwnFolder(folder)) return []
    return readdirSync(folder).flatMap((file) => {
      const pid = Number(/-(\d+)\.(?:sock|json|json\.draft)$/.exec(file)?.[1])
      if (!Number.isInteger(pid)) return []
      if (!isAlive(pid)) {
        rmSync(join(folder, file), { force: true })
        return []
      }
      return file.endsWith('.json') ? readEntry(join(folder, file)) : []
    })
  })
}

/** Whether a process with this pid exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return systemCodeOf(thrown) === 'EPERM'
  }
}

const fileOf = ({ socket }: Entry) => socket.replace(/\.sock$/, '.json')

function readEntry(file: string): Entry[] {
  try {
    const entry: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isEntry(entry) ? [entry] : []
  } catch (thrown) {
    // It ended between the listing and now, or was written by an unknown version.
    if (systemCodeOf(thrown) === 'ENOENT' || thrown instanceof SyntaxError) return []
    throw thrown
  }
}

function isEntry(entry: unknown): entry is Entry {
  if (typeof entry !== 'object' || entry === null) return false
  const { name, pid, stateDir, since, socket, version } = entry as Readonly<Record<string, unknown>>
  const texts = [name, stateDir, since, socket, version]
  return texts.every((text) => typeof text === 'string') && Number.isInteger(pid)
}

/** In a shared temporary folder, anybody may have made a folder of this name first. */
const foreign = (folder: string) =>
  new MillraceError(
    'bad_config',
    `${folder} is not a folder of this user, so control sockets cannot be trusted there; remove it, or set XDG_RUNTIME_DIR`,
  )

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
