import { readFileSync, writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import { command } from './command.js'
import { PipelineRun } from './pipeline-run.js'
import { temporaryFolder } from './temporary-folder.js'

/** More than any of these tests handles. */
const RECORDS = 200_000

const lines = Array.from({ length: RECORDS }, (_, i) => `${i}\n`).join('')

interface Scene {
  readonly from?: string
  readonly workers?: number
  readonly to?: string
  readonly more?: readonly string[]
}

/** A pipeline under load, whose handlers' code lies in its folder, so that it can change. */
export function mill(
  t: Test,
  { from = 'file:in.txt', workers = 2, to = 'file:out.txt', more = [] }: Scene = {},
): PipelineRun {
  const folder = temporaryFolder(t)
  writeFileSync(`${folder}/in.txt`, lines)
  writeFileSync(
    `${folder}/writer.mjs`,
    `export default function* () { for (let i = 0; i < ${RECORDS}; i++) yield i }`,
  )
  writeFileSync(`${folder}/worker.mjs`, workerSaying('old'))
  const ends = ['--from', from, '--worker', './worker.mjs', '--to', to]
  // Short, so that a drain is.
  const queues = ['--in-queue', '200', '--out-queue', '200']
  return new PipelineRun(t, [...ends, ...queues, '--name', 'mill', '--workers', String(workers), ...more], {
    folder,
  })
}

/** Its waits are long enough that what is tested has the processor, and not the load. */
export const workerSaying = (word: string) => `
import { setTimeout as sleep } from 'node:timers/promises'
export default async (value) => {
  if (Number(value) % 4 === 0) await sleep(8)
  return value + ' ${word}'
}
`

export const outOf = (run: PipelineRun) => readFileSync(run.path('out.txt'), 'utf8').trimEnd().split('\n')
export const idsIn = (lines: readonly string[]) =>
  lines.map((line) => Number.parseInt(line, 10)).sort((a, b) => a - b)
export const asked = async <Report>(run: PipelineRun, ...args: string[]): Promise<Report> =>
  JSON.parse(await command(run, ...args, '--json'))

/** Ends it, and sees that everything it read came out once. */
export async function expectNothingLostOrDoubled(t: Test, run: PipelineRun): Promise<void> {
  await command(run, 'stop')
  t.match(await run.ended, { code: 0 })
  const { read } = run.summary
  t.match(run.summary, {
    delivered: read,
    returned: 0,
    retried: 0,
    restarts: { writer: 0, worker: 0, sender: 0 },
  })
  t.same(
    idsIn(outOf(run)),
    Array.from({ length: read }, (_, i) => i),
  )
}

export const underWay = (run: PipelineRun) => run.event('stateChanged', ({ state }) => state === 'running')
