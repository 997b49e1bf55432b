import { spawnSync } from 'node:child_process'
import t from 'tap'
import { madeShape, objectsOf, slowShape } from '../../../src/codec/columns/objects.js'
import { bareNode } from '../../bare-node.js'

t.test('objects are taken apart and put together the same way without code made for them', async (t) => {
  const names = ['a', 'constructor', '"b', '\u2028', '1']
  const objects = [1, 2].map((n) => ({ 1: n, a: 'a', constructor: null, '"b': [n], '\u2028': undefined }))
  const columns = madeShape(names).columnsOf(objects)
  t.same(columns, slowShape(names).columnsOf(objects))
  t.same(madeShape(names).objectsOf(columns, 2), objects)
  t.same(slowShape(names).objectsOf(columns, 2), objects)
  t.throws(() => objectsOf({ names: ['__proto__'], columns: [[1]] }, 1), RangeError)
  const script = "try { new Function('') } catch { console.log('refused') }"
  const [command, first] = bareNode()
  const args = [...first, '--disallow-code-generation-from-strings', '-e', script]
  const { stdout } = spawnSync(command, args)
  t.equal(String(stdout), 'refused\n', 'which is when the slow one is taken')
})
