import { linkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { refuseSameFile, refuseSharedLetters } from '../../src/config/same-file.js'

const file = (target: string) => ({
  connector: { scheme: 'file' as const, url: `file:${target}`, target, options: {} },
})

t.test('results are never written over the file that the records come from, by whatever name', async (t) => {
  const folder = t.testdir()
  const [one, two, other] = ['one', 'two', 'other'].map((name) => join(folder, name))
  writeFileSync(one!, 'a line\n')
  linkSync(one!, two!)
  const refused = { code: 'connector_option', exitCode: 78, message: /written over their own source/ }
  t.throws(() => refuseSameFile(file(one!), file(one!)), refused)
  t.throws(() => refuseSameFile(file(one!), file(two!)), refused)
  t.doesNotThrow(() => refuseSameFile(file(one!), file(other!)))
  t.doesNotThrow(() => refuseSameFile(file(one!), undefined))
})

t.test('dead letters are kept apart from what is read and what is written', async (t) => {
  const [from, to] = [file('/in.log'), file('/out.txt')]
  const refused = (what: RegExp) => ({ code: 'connector_option', message: what })
  t.throws(() => refuseSharedLetters({ file: '/in.log' }, from, to), refused(/into the source, \/in\.log/))
  t.throws(() => refuseSharedLetters({ file: '/out.txt' }, from, to), refused(/into the sink, \/out\.txt/))
  t.doesNotThrow(() => refuseSharedLetters({ file: '/dead' }, from, to))
  t.doesNotThrow(() => refuseSharedLetters(file('/out.txt'), from, to), 'a sink of its own knows best')
})
