import { tsImport } from 'tsx/esm/api'
import { chunks } from './chunks.mjs'
import handle from './handlers/objects.mjs'
import { readJob, report } from './job.mjs'
import { values } from './values.mjs'

/**
 * CPU seconds of encoding and decoding every batch of records and every batch of results, and of nothing
 * else: by MessagePack alone, or as millrace writes batches.
 */
const { decodeBatch, encodeBatch } = await tsImport('../../src/codec/batch.ts', import.meta.url)
const { codecNamed } = await tsImport('../../src/codec/codec.ts', import.meta.url)
const { records, chunk, columns = 0 } = readJob()
const codec = codecNamed('msgpack')
let spent = 0
let count = 0

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

const asBatch = (values, first) =>
  decodeBatch(encodeBatch({ values, ids: { prefix: 'objects:', first } }, codec), values.length, codec).values

/** There and back. */
function crossing(values, first) {
  const begun = cpuSeconds()
  const arrived = columns ? asBatch(values, first) : codec.decode(codec.encode(values))
  spent += cpuSeconds() - begun
  return arrived
}

for (const made of chunks(values.objects, records, chunk)) {
  const results = crossing(made, count).map((value) => handle(value))
  count += crossing(results, count).length
}
report({ records: count, cpuSeconds: spent })
