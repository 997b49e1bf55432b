import t from 'tap'
import { ResultContext } from '../../src/sender/context.js'
import { quietLog } from '../quiet-log.js'

const surroundings = {
  signal: new AbortController().signal,
  log: quietLog,
  with: { table: 'orders' },
}

t.test('a sender sees which result it is given, and what it is given it with', async (t) => {
  const result = { id: 'in.log@40#1', key: 'k', headers: { colour: 'red' }, value: 7 }
  const context = new ResultContext(surroundings, result)
  t.match(context, { id: 'in.log@40#1', key: 'k', headers: { colour: 'red' } })
  t.equal(context.signal, surroundings.signal)
  t.equal(context.log, quietLog)
  t.equal(context.with, surroundings.with)
  t.notOk('value' in context, 'the value is the first argument')
})

t.test('a spread of it, and its names, have all of it', async (t) => {
  const result = { id: 'count:1', key: undefined, headers: undefined, value: 1 }
  const context = new ResultContext(surroundings, result)
  t.same({ ...context }, { id: 'count:1', key: undefined, headers: undefined, ...surroundings })
  const { id, signal } = context
  t.same([id, signal], ['count:1', surroundings.signal])
})

t.test('what results make when they are asked is in it, also after they are gone', async (t) => {
  let asked = 0
  class Lazy {
    get id() {
      asked++
      return 'count:2'
    }
    readonly key = 'k'
    readonly headers = undefined
    readonly value = 2
  }
  const context = new ResultContext(surroundings, new Lazy())
  t.same([context.id, context.id], ['count:2', 'count:2'])
  t.equal(asked, 1, 'it is made once')
})

t.test('each result has a context of its own', async (t) => {
  const contextOf = (id: string) =>
    new ResultContext(surroundings, { id, key: id, headers: undefined, value: id })
  const [one, other] = [contextOf('a'), contextOf('b')]
  t.same([one.id, one.key, other.id, other.key], ['a', 'a', 'b', 'b'])
})
