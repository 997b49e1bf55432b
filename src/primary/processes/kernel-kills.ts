import { readFileSync } from 'node:fs'

/** Reads a file; undefined when there is none. */
export type Read = (path: string) => string | undefined

/**
 * Counts the processes of our control group that the kernel has killed because its memory was used up.
 *
 * The kernel says how many, and not which. So a SIGKILL of which nobody else knows is the kernel's if
 * their number has risen, and each accounts for one: two workers may die at once. What else died in the
 * group, such as a program that a handler had started, is taken out of account whenever a process is ready.
 */
export class KernelKills {
  readonly #count: () => number
  #accounted: number

  constructor(read: Read = readText) {
    const file = counterFile(read)
    this.#count = () => (file === undefined ? 0 : countIn(read(file)))
    this.#accounted = this.#count()
  }

  /** Whether one is not accounted for; it is, from now on. */
  claim(): boolean {
    if (this.#count() <= this.#accounted) return false
    this.#accounted++
    return true
  }

  /** Nobody that we know of was killed up to now. */
  forget(): void {
    this.#accounted = this.#count()
  }
}

/**
 * Where the kernel counts for this process; undefined without control groups, or without a bound. A container
 * may see its group at the root whatever its path is said to be.
 */
function counterFile(read: Read): string | undefined {
  const groups = read('/proc/self/cgroup') ?? ''
  const second = /^0::(\/.*)$/m.exec(groups)?.[1]
  const first = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(\/.*)$/m.exec(groups)?.[1]
  const files = [
    ...(first === undefined ? [] : [`/sys/fs/cgroup/memory${first}/memory.oom_control`]),
    ...(second === undefined ? [] : [`/sys/fs/cgroup${second}/memory.events`]),
    '/sys/fs/cgroup/memory.events',
    '/sys/fs/cgroup/memory/memory.oom_control',
  ].map((path) => path.replace(/\/+/g, '/'))
  return files.find((file) => /^oom_kill \d+$/m.test(read(file) ?? ''))
}

const countIn = (text: string | undefined): number => Number(/^oom_kill (\d+)$/m.exec(text ?? '')?.[1] ?? 0)

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
