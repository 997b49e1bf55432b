import type { Contender } from './contender.js'
import { type Job, runProgram } from './programs.js'
import type { Surroundings } from './surroundings.js'
import type { Tool } from './tools.js'

/** Records by which contenders show that they do the same work. */
export const PROVEN = 2000

interface Peer {
  readonly name: string
  readonly needs?: Tool
  /** In `bench/programs`. */
  readonly file: string
  readonly job: Job
  readonly env?: Readonly<Record<string, string>>
  /** Of a whole run; `--quick` takes fewer. */
  readonly records: number
}

/** A program that does `records` records and reports `{ records, seconds }`, from the first to the last of them. */
export function peer(surroundings: Surroundings, peer: Peer): Contender {
  const { name, needs, file, job, env, records } = peer
  const { processes } = surroundings
  const does = async (records: number, output?: string): Promise<number> => {
    const done = await runProgram(processes, file, { ...job, records, output }, env)
    if (done.records !== records) throw new Error(`${name} did ${done.records} of ${records} records`)
    return records / Number(done.seconds)
  }
  return {
    name,
    ...(needs && { needs }),
    run: async () => ({ perSecond: await does(surroundings.amount(records)) }),
    prove: async (output) => {
      await does(PROVEN, output)
    },
  }
}

/**
 * Records of a whole run, so many that it takes seconds: for those that send them one by one, in
 * small pieces, and in large ones.
 */
export interface Amounts {
  readonly one: number
  readonly few: number
  readonly many: number
  /** For a loop with nothing in between. */
  readonly loop: number
}

/** Chunk sizes of `imap_unordered`, of which the best counts in each scenario. */
const CHUNKS = [1, 64, 1000, 4000] as const

const nameOfChunk = (chunk: number) => `Python imap_unordered, chunksize ${chunk}`

/** By their names, for goals. */
export const PYTHON = CHUNKS.map(nameOfChunk)
export const PISCINA = 'piscina'
export const LOOP = 'one Node process, a loop'

/** Whatever shares work out to processes or threads of one machine, each with its best settings. */
export function poolsOf(surroundings: Surroundings, work: string, amounts: Amounts): readonly Contender[] {
  return [
    ...pythonPools(surroundings, work, amounts),
    ...piscinas(surroundings, work, amounts),
    ...workerpools(surroundings, work, amounts),
    ...forks(surroundings, work, amounts),
    loopOf(surroundings, work, amounts.loop),
  ]
}

const loopOf = (surroundings: Surroundings, work: string, records: number): Contender =>
  peer(surroundings, { name: LOOP, file: 'loop.mjs', job: { work }, records })

function pythonPools(surroundings: Surroundings, work: string, amounts: Amounts): readonly Contender[] {
  return CHUNKS.map((chunk) => {
    const job = { work, chunk, workers: surroundings.cores }
    const records = chunk === 1 ? amounts.one : chunk === 64 ? amounts.few : amounts.many
    return peer(surroundings, {
      name: nameOfChunk(chunk),
      needs: 'python3',
      file: 'pools/imap_unordered.py',
      job,
      records,
    })
  })
}

/** Work to be shared out, and whatever else the program is to be told. */
type Sharing = Pick<Peer, 'env' | 'records'> & { readonly job: Job }

/*
 * Settings are the best of those tried on two cores, each several times over, with integers:
 *
 * - piscina, a task a record: `atomics` sync, async and disabled; windows of 2, 8, 64, 256 and 512 tasks; 1, 16
 *   and 64 tasks at once in a thread. 16 at once were a quarter faster than one, its default.
 * - workerpool: threads and processes; windows of 2, 8, 64 and 512.
 * - fork: JSON and advanced serialization (which takes twice the time); windows of 8, 64, 512 and 4096.
 * - arrays: of 100, 1000, 4000 and 16000 records, in windows of 2, 4, 8 and 16.
 */

/** Records in an array, where arrays are sent. */
const ARRAY = 4000
const inArrays = (name: string) => `${name}, arrays of ${ARRAY}`

/** A task a record, since that is what its users write. */
export const piscina = (surroundings: Surroundings, { job, ...how }: Sharing): Contender =>
  peer(surroundings, {
    name: PISCINA,
    needs: 'piscina',
    file: 'pools/piscina.mjs',
    job: { workers: surroundings.cores, window: 64, tasksPerWorker: 16, ...job },
    ...how,
  })

function piscinas(surroundings: Surroundings, work: string, { one, many }: Amounts): readonly Contender[] {
  return [
    piscina(surroundings, { job: { work }, records: one }),
    peer(surroundings, {
      name: inArrays(PISCINA),
      needs: 'piscina',
      file: 'pools/piscina.mjs',
      job: { work, workers: surroundings.cores, window: 8, chunk: ARRAY },
      records: many,
    }),
  ]
}

function workerpools(surroundings: Surroundings, work: string, { one, many }: Amounts): readonly Contender[] {
  const common = { needs: 'workerpool', file: 'pools/workerpool.mjs' } as const
  const workers = surroundings.cores
  return [
    peer(surroundings, { ...common, name: 'workerpool', job: { work, workers, window: 8 }, records: one }),
    peer(surroundings, {
      ...common,
      name: inArrays('workerpool'),
      job: { work, workers, window: 8, chunk: ARRAY },
      records: many,
    }),
  ]
}

function forks(surroundings: Surroundings, work: string, { one, many }: Amounts): readonly Contender[] {
  const file = 'pools/fork.mjs'
  const name = 'fork and process.send'
  const workers = surroundings.cores
  return [
    peer(surroundings, { name, file, job: { work, workers, window: 512, chunk: 1 }, records: one }),
    peer(surroundings, {
      name: inArrays(name),
      file,
      job: { work, workers, window: 2, chunk: ARRAY },
      records: many,
    }),
  ]
}

/** By its name, for goals. */
export const LOOPS = 'a loop on every core'

/** A loop for each core, all at once, each with its share of the records: no way of sharing them out can be faster. */
export function loopsOf(surroundings: Surroundings, { job, ...how }: Sharing): Contender {
  const { cores } = surroundings
  const share = { ...how, name: LOOPS, file: 'loop.mjs', job, records: Math.ceil(how.records / cores) }
  const loop = peer(surroundings, share)
  return {
    name: LOOPS,
    run: async () => {
      const loops = await Promise.all(Array.from({ length: cores }, () => loop.run()))
      return { perSecond: loops.reduce((sum, { perSecond = 0 }) => sum + perSecond, 0) }
    },
    prove: loop.prove!,
  }
}
