import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { encodeBatch } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import {
  letterOfFailure,
  letterOfRefusal,
  letterOfRejection,
  recordsOf,
} from '../../src/dead-letters/letters.js'
import type { DeadLetter } from '../../src/model/dead-letter.js'
import { anyValues } from '../codec/values.js'

const failure = { name: 'Error', message: 'no', stack: 'Error: no\n    at f (worker.mjs:1:1)' }

/** As it comes back from the file. */
const written = (letter: DeadLetter): DeadLetter => JSON.parse(JSON.stringify(letter))

t.test('a letter gives the record back as it was: value, id, key and headers', async (t) => {
  const some = fc.option(fc.string(), { nil: undefined })
  const headers = fc.option(fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), {
    nil: undefined,
  })
  fc.assert(
    fc.property(anyValues, fc.string(), some, headers, (value, id, key, headers) => {
      const record = {
        values: [value],
        ids: { list: [id] },
        ...(key !== undefined && { keys: [key] }),
        ...(headers && { headers: [headers] }),
      }
      return isDeepStrictEqual(recordsOf(written(letterOfFailure(record, 5, failure))), record)
    }),
  )
  t.pass()
})

t.test('a letter of a failure says where it failed for the last time', async (t) => {
  const record = { values: [7], ids: { prefix: 'count:', first: 7 } }
  t.match(letterOfFailure(record, 5, failure), {
    id: 'count:7',
    value: 7,
    stage: 'worker',
    attempts: 5,
    error: failure,
  })
})

t.test('a letter of a rejection holds the result that the sink did not want, and its reason', async (t) => {
  const codec = codecNamed('msgpack')
  const value = encodeBatch({ values: [new Date(0)], ids: { list: ['a'] } }, codec)
  const letter = letterOfRejection({ reason: 'too old', value }, codec)
  t.match(letter, { id: 'a', stage: 'sender', error: { message: 'too old' } })
  t.same(recordsOf(written(letter))?.values, [new Date(0)])
})

t.test('a letter of a record that the writer could not hand on has nothing to give back', async (t) => {
  const letter = letterOfRefusal({ id: 'a', code: 'record_too_large', reason: 'it has 5000 bytes' })
  t.match(letter, { stage: 'writer', error: { name: 'record_too_large' } })
  t.equal(recordsOf(written(letter)), undefined)
})
