import { processorSeconds, processorSecondsOfRun } from '../processor-time.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'
import { guard } from './guard.js'

const bare = (name: string, job: object): string[] => [program(name), JSON.stringify(job)]

/** One for each thing that can become slow: a record, its bytes, a message, and the lines of a file. */
export const guards = (surroundings: Surroundings): readonly Scenario[] => [
  guard({
    name: 'records',
    what: 'A million objects of three fields, of each of which one of four is made.',
    beside: 'encoding and decoding the same objects and results by MessagePack in one process',
    atMost: 4,
    millrace: () =>
      processorSecondsOfRun(surroundings, {
        '--from': program('writers/objects.mjs'),
        '--limit': '1000000',
        '--worker': program('handlers/objects.mjs'),
        '--to': 'null:',
      }),
    bare: () =>
      processorSeconds(surroundings, bare('encode-decode.mjs', { records: 1_000_000, chunk: 2048 })),
  }),
  guard({
    name: 'bytes',
    what: '500,000 strings of 200 bytes, upper-cased.',
    beside: 'sending as many bytes from process to process over sockets, in pieces of 128 KiB',
    atMost: 5.2,
    millrace: () =>
      processorSecondsOfRun(surroundings, {
        '--from': program('writers/strings.mjs'),
        '--limit': '500000',
        '--worker': program('handlers/strings.mjs'),
        '--to': 'null:',
      }),
    bare: () => processorSeconds(surroundings, bare('bare/relay.mjs', { size: 2 ** 17, count: 763 })),
  }),
  guard({
    name: 'messages',
    what: '30,000 numbers through queues of 10.',
    beside: 'as many small messages to a process and back',
    atMost: 3.9,
    millrace: () =>
      processorSecondsOfRun(surroundings, {
        '--from': 'count:30000',
        '--worker': program('handlers/same.mjs'),
        '--to': 'null:',
        '--in-queue': '10',
        '--out-queue': '10',
      }),
    bare: () => processorSeconds(surroundings, bare('bare/ping.mjs', { count: 30_000 })),
  }),
  guard({
    name: 'lines',
    what: 'A log of 200 MB, of which one line in eight is kept.',
    beside: 'one Node process that does the same with readline',
    atMost: 3.7,
    millrace: async () => {
      const log = surroundings.log(200_000_000)
      return processorSecondsOfRun(surroundings, {
        '--from': `file:${log.path}`,
        '--worker': program('handlers/failed-requests.mjs'),
        '--to': `file:${surroundings.path('kept')}`,
      })
    },
    bare: async () => {
      const log = surroundings.log(200_000_000)
      return processorSeconds(surroundings, [program('filter-lines.mjs')], {
        from: log.path,
        to: surroundings.path('kept'),
      })
    },
  }),
]
