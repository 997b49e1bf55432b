import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { cachedDataVersionTag } from 'node:v8'
import { crc32 } from 'node:zlib'
import { isOwnFolder } from '../config/private-folder.js'

/** Milliseconds after the start at which most of what a process needs has been compiled, and not been thrown away again. */
const SETTLED_MS = 2000

/** Milliseconds after which a file of a version that may be gone is in nobody's way any more. */
const STALE_MS = 30 * 24 * 60 * 60 * 1000

/** Bytes of the checksum at the beginning of a file. */
const CHECKSUM = 4

/** Whom to ask for a folder. Handed in, so that a test can be somebody else. */
export interface Owner {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly uid: number | undefined
}

const owner = (): Owner => ({ env: process.env, platform: process.platform, uid: process.getuid?.() })

/**
 * The code that V8 made of a bundle, kept from one start to the next in the user's own cache folder.
 *
 * What is in there is executed as it is. So it is read only from a file that belongs to this user, and
 * that nobody else may write, and has a checksum: a file that is damaged would crash V8. That refuses by
 * itself what another version or other flags have made. Whatever goes wrong only means that the bundle is
 * compiled.
 *
 *  0          4
 *  ┌──────────┬──────────────┐
 *  │ checksum │ what V8 made │
 *  │ u32 LE   │              │
 *  └──────────┴──────────────┘
 */
export class CodeCache {
  readonly #folder: string
  readonly #bundle: string
  readonly #uid: number | undefined

  private constructor(folder: string, bundle: string, uid: number | undefined) {
    this.#folder = folder
    this.#bundle = bundle
    this.#uid = uid
  }

  /**
   * @param bundle its file name, which changes with its content: V8 compares no more than the length
   * @returns undefined where nothing should be kept: there is no folder for it, or Node was told not to
   *   (`NODE_DISABLE_COMPILE_CACHE`), or counts what is executed, which is less exact with code that was kept
   */
  static of(bundle: string, { env, platform, uid }: Owner = owner()): CodeCache | undefined {
    if (env.NODE_DISABLE_COMPILE_CACHE || env.NODE_V8_COVERAGE) return undefined
    const base = cacheFolder(env, platform)
    return base === undefined ? undefined : new CodeCache(join(base, 'millrace'), bundle, uid)
  }

  get #file(): string {
    // V8's own mark of its version and flags: without it, two pipelines with other flags would throw out each other's.
    return join(this.#folder, `${this.#bundle}-${process.version}-${process.arch}-${cachedDataVersionTag()}`)
  }

  /** What was kept; undefined if there is nothing, or nothing that can be trusted. */
  read(): Buffer | undefined {
    let fd: number | undefined
    try {
      fd = openSync(this.#file, constants.O_RDONLY | constants.O_NOFOLLOW)
      const { uid, mode } = fstatSync(fd)
      if (uid !== (this.#uid ?? uid) || (mode & 0o022) !== 0) return undefined
      const content = readFileSync(fd)
      const code = content.subarray(CHECKSUM)
      return crc32(code) === content.readUInt32LE(0) ? code : undefined
    } catch {
      return undefined
    } finally {
      if (fd !== undefined) closeSync(fd)
    }
  }

  /** Keeps what `made` returns, once most has been compiled or this process ends, whichever is first. */
  keepSoon(made: () => Buffer): void {
    const keep = () => {
      clearTimeout(timer)
      process.off('exit', keep)
      this.#keep(made)
    }
    const timer = setTimeout(keep, SETTLED_MS).unref()
    process.on('exit', keep)
  }

  #keep(made: () => Buffer): void {
    const draft = `${this.#file}.${process.pid}`
    try {
      // Who has no home is not made one, and root makes none in somebody else's.
      for (const folder of [dirname(this.#folder), this.#folder]) {
        if (existsSync(folder)) continue
        if (!isOwnFolder(dirname(folder))) return
        mkdirSync(folder, { mode: 0o700 })
      }
      if (!isOwnFolder(this.#folder)) return
      const code = made()
      const checksum = Buffer.alloc(CHECKSUM)
      checksum.writeUInt32LE(crc32(code), 0)
      writeFileSync(draft, Buffer.concat([checksum, code]), { mode: 0o600, flag: 'wx' })
      renameSync(draft, this.#file)
      this.#forgetStale()
    } catch {
      rmSync(draft, { force: true })
    }
  }

  #forgetStale(): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name)
      if (Date.now() - statSync(path).mtimeMs > STALE_MS) rmSync(path, { force: true })
    }
  }
}

/** Where this user's programs keep what they can make again. */
function cacheFolder(env: Owner['env'], platform: NodeJS.Platform): string | undefined {
  const { XDG_CACHE_HOME: chosen, HOME: home } = env
  if (chosen && isAbsolute(chosen)) return chosen
  if (!home || !isAbsolute(home)) return undefined
  return join(home, platform === 'darwin' ? 'Library/Caches' : '.cache')
}
