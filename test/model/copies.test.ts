import t from 'tap'
import { NotEncodable } from '../../src/codec/batch.js'
import { MillraceError } from '../../src/errors.js'
import { SinkClosed } from '../../src/model/sink.js'

/** As another copy of millrace has it. */
const foreign = (name: string) => Object.assign(new Error('from elsewhere'), { name })

t.test('errors of another copy of millrace are recognised, and no others', async (t) => {
  t.ok(foreign('MillraceError') instanceof MillraceError)
  t.ok(foreign('SinkClosed') instanceof SinkClosed)
  t.ok(new MillraceError('internal', 'own') instanceof MillraceError)
  t.notOk(foreign('SinkClosed') instanceof MillraceError)
  t.notOk(new Error('plain') instanceof SinkClosed)
  t.notOk({ name: 'MillraceError' } instanceof MillraceError)
})

t.test('what extends one of them is told apart from it', async (t) => {
  t.notOk(new MillraceError('internal', 'own') instanceof NotEncodable)
  t.notOk(foreign('MillraceError') instanceof NotEncodable)
})
