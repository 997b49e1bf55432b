import { type Contender, SUBJECT } from '../contender.js'
import { processorSecondsOfRun } from '../processor-time.js'
import { program, runProgram } from '../programs.js'
import type { Scenario } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'

const CODEC = 'MessagePack, there and back twice'
const COLUMNS = 'as columns, there and back twice'
const RECORDS = 5_000_000

/** Records that the codec's program has in a batch; between 256 and 16384 its time is the same within a few per cent. */
const BATCH = 2048

/** What distributing the work costs, beside turning values into bytes and back, which nothing that crosses a process can do without. */
export const overhead: Scenario = {
  name: 'overhead',
  what: 'Objects of three fields, of each of which the handler makes one of four, to `null:`.',
  measured:
    'Processor time (user and system) for a million records, of the whole command with all its processes from their start to their end; against that of encoding and decoding the same records and the same results in one process, and of nothing else there: by msgpackr, which is what objects cost without anything of millrace, and the way millrace does it.',
  figures: { cpu: { label: 'processor time', unit: 's', better: 'less', digits: 2 } },
  goals: [{ says: 'at most 3 × the codec alone', figure: 'cpu', against: [CODEC], atMost: 3 }],
  prepare: (surroundings) => [
    millrace(surroundings),
    codecAlone(surroundings, CODEC, false),
    codecAlone(surroundings, COLUMNS, true),
  ],
}

const perMillion = (seconds: number, records: number) => (seconds * 1_000_000) / records

function millrace(surroundings: Surroundings): Contender {
  return {
    name: SUBJECT,
    needs: 'bash',
    run: async () => {
      const records = surroundings.amount(RECORDS)
      const flags = {
        '--from': program('writers/objects.mjs'),
        '--limit': String(records),
        '--worker': program('handlers/objects.mjs'),
        '--to': 'null:',
      }
      return { cpu: perMillion(await processorSecondsOfRun(surroundings, flags), records) }
    },
  }
}

function codecAlone(surroundings: Surroundings, name: string, columns: boolean): Contender {
  return {
    name,
    run: async () => {
      const records = surroundings.amount(RECORDS)
      const job = { records, chunk: BATCH, columns: columns ? 1 : 0 }
      const done = await runProgram(surroundings.processes, 'encode-decode.mjs', job)
      if (done.records !== records) throw new Error(`${done.records} of ${records} records`)
      return { cpu: perMillion(Number(done.cpuSeconds), records) }
    },
  }
}
