import { EventEmitter } from 'node:events'
import t from 'tap'
import { pictureOf } from '../../src/cli/picture.js'
import { screenOf } from '../../src/cli/screen.js'
import { report } from '../fixtures/control/pipeline.js'

/** A terminal that notes what is done to it. */
function terminal(isTTY = true) {
  const done: string[] = []
  const stdin = Object.assign(new EventEmitter(), {
    isTTY,
    setRawMode: (raw: boolean) => void done.push(`raw ${raw}`),
    resume: () => void done.push('resume'),
    pause: () => void done.push('pause'),
  })
  const stdout = Object.assign(new EventEmitter(), {
    columns: 120,
    rows: 40,
    write: (text: string) => void done.push(text.replaceAll('\x1b', 'ESC')),
  })
  const signals = new EventEmitter()
  const heard: string[] = []
  const screen = screenOf({ stdin, stdout, signals } as unknown as Parameters<typeof screenOf>[0])
  const open = screen.open({
    typed: (keys) => heard.push(`typed ${keys}`),
    resized: () => heard.push('resized'),
    interrupted: () => heard.push('interrupted'),
  })
  return { done, stdin, stdout, signals, heard, open }
}

const ENTERED = 'ESC[?1049hESC[?25l'
const LEFT = 'ESC[?25hESC[?1049l'

t.test('a screen is taken over, drawn on in one write, and given back as it was', async (t) => {
  const { done, stdin, stdout, signals, heard, open } = terminal()
  stdin.emit('data', Buffer.from('x'))
  stdout.emit('resize')
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) signals.emit(signal)
  t.same(heard, ['typed x', 'resized', 'interrupted', 'interrupted', 'interrupted'])
  open.draw(['one', 'two'])
  open.close()
  open.close()
  t.same(done, ['raw true', 'resume', ENTERED, 'ESC[HoneESC[K\r\ntwoESC[KESC[J', LEFT, 'raw false', 'pause'])
  for (const each of [stdin, stdout, signals]) t.same(each.eventNames(), [])
})

t.test('a screen is given back when the process ends in whatever way', async (t) => {
  const { done, signals } = terminal(false)
  signals.emit('exit')
  t.same(done, [ENTERED, LEFT], 'and a stdin that is no terminal is left alone')
})

t.test('a terminal that does not know its size has the usual one', async (t) => {
  const { stdout, open } = terminal()
  t.same([open.columns, open.rows], [120, 40])
  stdout.columns = 0
  stdout.rows = 0
  t.same([open.columns, open.rows], [80, 24])
})

t.test('a picture fits the terminal, whatever its size', async (t) => {
  const worker = report.processes[0]!
  const processes = Array.from({ length: 64 }, (_, index) => ({ ...worker, id: `worker:${index + 1}` }))
  for (const [columns, rows] of [
    [200, 60],
    [80, 24],
    [40, 10],
    [1, 1],
  ] as const) {
    const lines = pictureOf({ ...report, processes }, { columns, rows })
    t.ok(lines.length <= rows, `${lines.length} lines on ${rows}`)
    for (const line of lines) t.ok(line.length <= columns, line)
  }
  const whole = pictureOf({ ...report, processes }, { columns: 120, rows: 40 }).join('\n')
  t.match(whole, /\nin-queue +░{20} {2}12 of 16,384 records, 2\.0 kB; full 84%, empty 2% of the time/)
  t.match(whole, /\nwriter +█{2}▒{17}░ {2}busy 10%, idle 6%, blocked 84%\n/)
  t.match(whole, /\nslowest +count:7 3\.2s in worker:1\n/)
  t.match(whole, /\nworker:1 +4711[\s\S]*\n… and \d+ more\n\nq leaves$/)
})
