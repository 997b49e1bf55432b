import t from 'tap'
import { nullSink } from '../../src/connectors/null.js'
import { results, sinkContext } from './context.js'

t.test('it takes everything and rejects nothing', async (t) => {
  const sink = nullSink()
  await sink.open(undefined, sinkContext)
  t.equal(await sink.deliver(results(1, undefined, 'a\nb')), undefined)
})
