import { setTimeout as delay } from 'node:timers/promises'
import { askStatus } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import type { Entry } from '../control/registry.js'
import { MillraceError, messageOf } from '../errors.js'
import type { StatusReport } from '../model/status.js'
import { pictureOf } from './picture.js'
import { reach } from './reach.js'
import type { OpenScreen, Screen } from './screen.js'
import { describe } from './status.js'
import { printLine, type Terminal } from './terminal.js'

/** Milliseconds between two looks. */
const LOOK_EVERY_MS = 1000

/** Ctrl-C is a key like others while keys are read one by one. */
const LEAVING = ['q', 'Q', '\x03', '\x04']

/** `millrace top`: a pipeline, live, until somebody leaves or it has ended. */
export async function top(wanted: Wanted, terminal: Terminal, once: boolean): Promise<void> {
  const entry = reach(wanted, terminal)
  const { screen, stdout, stderr } = terminal
  if (once) {
    printLine(stdout, describe(await askStatus(entry)))
    return
  }
  const last = screen ? await new LiveView(entry, screen).run() : await repeat(entry, terminal)
  if (last === 'ended') printLine(stderr, `${entry.name} has ended`)
}

/** A report, or why there is none for now. */
type Looked = { readonly report: StatusReport } | { readonly notice: string } | 'ended'

async function look(entry: Entry): Promise<Looked> {
  try {
    return { report: await askStatus(entry) }
  } catch (thrown) {
    const gone = thrown instanceof MillraceError && thrown.code === 'not_running'
    return gone ? 'ended' : { notice: messageOf(thrown) }
  }
}

/** For a file or a pipe: one report after the other. */
async function repeat(entry: Entry, { stdout }: Terminal): Promise<'ended'> {
  for (;;) {
    const looked = await look(entry)
    if (looked === 'ended') return looked
    printLine(stdout, `${'report' in looked ? describe(looked.report) : looked.notice}\n`)
    await delay(LOOK_EVERY_MS)
  }
}

/** One pipeline on the whole screen, drawn anew every second, and when the screen changes its size. */
class LiveView {
  readonly #entry: Entry
  readonly #screen: OpenScreen
  readonly #left = new AbortController()
  #report: StatusReport | undefined
  #notice: string | undefined

  constructor(entry: Entry, screen: Screen) {
    this.#entry = entry
    const leave = () => this.#left.abort()
    this.#screen = screen.open({
      typed: (keys) => {
        if ([...keys].some((key) => LEAVING.includes(key))) leave()
      },
      resized: () => this.#draw(),
      interrupted: leave,
    })
  }

  async run(): Promise<'left' | 'ended'> {
    const { signal } = this.#left
    const left = new Promise<'left'>((resolve) => {
      signal.addEventListener('abort', () => resolve('left'), { once: true })
    })
    try {
      for (;;) {
        const looked = await Promise.race([look(this.#entry), left])
        if (looked === 'left' || looked === 'ended') return looked
        this.#show(looked)
        const waited = delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => left)
        if ((await Promise.race([waited, left])) === 'left') return 'left'
      }
    } finally {
      this.#screen.close()
    }
  }

  #show(looked: Exclude<Looked, 'ended'>): void {
    if ('report' in looked) this.#report = looked.report
    this.#notice = 'notice' in looked ? looked.notice : undefined
    this.#draw()
  }

  #draw(): void {
    if (this.#report) this.#screen.draw(pictureOf(this.#report, this.#screen, this.#notice))
    else if (this.#notice) this.#screen.draw([this.#notice])
  }
}
