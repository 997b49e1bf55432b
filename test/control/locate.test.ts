import t from 'tap'
import { locate } from '../../src/control/locate.js'

const entry = (name: string, pid: number, stateDir: string) => ({
  name,
  pid,
  stateDir,
  since: '',
  socket: '',
  version: '',
})
const running = [entry('mill', 1, '/a'), entry('mill', 2, '/data/b'), entry('other', 3, '/c')]

t.test('a pipeline is found by name, by name and pid, and by its state folder', async (t) => {
  t.equal(locate(running, { name: 'other' }, '/').pid, 3)
  t.equal(locate(running, { name: 'mill-2' }, '/').pid, 2)
  t.equal(locate(running, { stateDir: 'b' }, '/data').pid, 2)
  t.equal(locate(running, { name: 'mill', stateDir: '/a' }, '/').pid, 1)
})

t.test('the only pipeline that runs needs no name', async (t) => {
  t.equal(locate(running.slice(2), {}, '/').pid, 3)
})

t.test('more than one in reach are listed, never guessed', async (t) => {
  t.throws(() => locate(running, { name: 'mill' }, '/'), {
    code: 'ambiguous_pipeline',
    message: /mill-1 \(state in \/a\), mill-2 .*\(--name mill-1\), or with --state-dir$/,
  })
  t.throws(() => locate(running, {}, '/'), { code: 'ambiguous_pipeline' })
})

t.test('a pipeline that does not run is answered with those that do', async (t) => {
  t.throws(() => locate(running, { name: 'mil' }, '/'), {
    code: 'not_running',
    message: /did you mean `mill`/,
  })
  t.throws(() => locate(running, { stateDir: 'x' }, '/'), {
    code: 'not_running',
    message: /running: mill, other$/,
  })
  t.throws(() => locate([], {}, '/'), { code: 'not_running', message: /start one with `millrace run`/ })
})
