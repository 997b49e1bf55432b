import t from 'tap'
import { decodeBatch, encodeBatch } from '../../../src/codec/batch.js'
import { type Codec, codecNamed } from '../../../src/codec/codec.js'
import { idAt } from '../../../src/model/ids.js'
import { BatchReader } from '../../../src/primary/router/batch-reader.js'

t.test('a batch in which every record fails is decoded once', async (t) => {
  const msgpack = codecNamed('msgpack')
  let decoded = 0
  const counting: Codec = {
    ...msgpack,
    decode: (bytes) => {
      decoded++
      return msgpack.decode(bytes)
    },
  }
  const width = 2000
  // Not all alike, so that the codec has to see them.
  const values = Array.from({ length: width }, (_, index) =>
    index === 0 ? { index, first: true } : { index },
  )
  const keys = values.map(({ index }) => `key ${index}`)
  const payload = encodeBatch({ values, ids: { prefix: 'r', first: 5 }, keys }, msgpack)
  const batch = { width, count: width, payload }
  const reader = new BatchReader(counting)
  for (let index = 0; index < width; index++) {
    const alone = reader.extract({ batch, from: 100 + index, to: 101 + index, skip: index })
    const { values, ids, keys } = decodeBatch(alone.batch.payload, 1, msgpack)
    if (alone.from !== 100 + index || alone.skip !== 0 || alone.batch.width !== 1) t.fail('another place')
    if ((values[0] as { index: number }).index !== index || idAt(ids, 0) !== `r${5 + index}`)
      t.fail('another')
    if (keys?.[0] !== `key ${index}`) t.fail('another key')
  }
  t.equal(decoded, 1)
})
