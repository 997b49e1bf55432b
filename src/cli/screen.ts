import process from 'node:process'

/** A terminal that can be drawn on and typed at. */
export interface Screen {
  /** Takes the terminal over. Whoever opens it closes it. */
  open(listener: ScreenListener): OpenScreen
}

export interface ScreenListener {
  /** What somebody typed, key by key. */
  typed(keys: string): void
  resized(): void
  /** The process was told to end. */
  interrupted(): void
}

export interface OpenScreen {
  readonly columns: number
  readonly rows: number
  /** Puts these lines in the place of what is there. */
  draw(lines: readonly string[]): void
  /** Gives the terminal back as it was. */
  close(): void
}

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const CLEAR_LINE = '\x1b[K'
const CLEAR_REST = '\x1b[J'

/** A terminal that does not know its size says 0. */
const UNKNOWN_SIZE = { columns: 80, rows: 24 }

/** The streams that a screen is made of, and where signals come from. Handed in, so that tests need no terminal. */
export interface ScreenParts {
  readonly stdin: Pick<NodeJS.ReadStream, 'isTTY' | 'on' | 'off' | 'setRawMode' | 'resume' | 'pause'>
  readonly stdout: Pick<NodeJS.WriteStream, 'columns' | 'rows' | 'on' | 'off' | 'write'>
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>
}

/** The terminal of this process, if stdout is one. */
export const processScreen = (): Screen | undefined =>
  process.stdout.isTTY
    ? screenOf({ stdin: process.stdin, stdout: process.stdout, signals: process })
    : undefined

/** The alternate screen of a terminal: what was on it before is there again when it is closed, however this process ends. */
export function screenOf({ stdin, stdout, signals }: ScreenParts): Screen {
  return {
    open: (listener) => {
      const typed = (keys: Buffer) => listener.typed(keys.toString())
      const resized = () => listener.resized()
      const interrupted = () => listener.interrupted()
      const deaths = ['SIGINT', 'SIGTERM', 'SIGHUP']
      let state: 'open' | 'closed' = 'open'
      const close = () => {
        if (state === 'closed') return
        state = 'closed'
        stdout.write(LEAVE)
        stdout.off('resize', resized)
        signals.off('exit', close)
        for (const signal of deaths) signals.off(signal, interrupted)
        if (!stdin.isTTY) return
        stdin.off('data', typed)
        stdin.setRawMode(false)
        stdin.pause()
      }
      signals.on('exit', close)
      for (const signal of deaths) signals.on(signal, interrupted)
      stdout.on('resize', resized)
      if (stdin.isTTY) {
        stdin.setRawMode(true)
        stdin.on('data', typed)
        stdin.resume()
      }
      stdout.write(ENTER)
      return {
        get columns() {
          return stdout.columns || UNKNOWN_SIZE.columns
        },
        get rows() {
          return stdout.rows || UNKNOWN_SIZE.rows
        },
        // In one write, from the top and over what is there: a screen that is cleared first flickers.
        draw: (lines) => {
          const text = lines.map((line) => `${line}${CLEAR_LINE}`).join('\r\n')
          stdout.write(`${HOME}${text}${CLEAR_REST}`)
        },
        close,
      }
    },
  }
}
