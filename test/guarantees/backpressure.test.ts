import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fixture, PipelineRun } from '../pipeline-run.js'
import { eventually, residentBytes } from '../processes.js'
import { temporaryFolder } from '../temporary-folder.js'

const MEBIBYTE = 2 ** 20

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0

t.test('a slow sink stops the source at the bound that was printed, and memory stays flat', async (t) => {
  const folder = temporaryFolder(t)
  const yielded = join(folder, 'yielded')
  const delivered = join(folder, 'delivered')
  const run = new PipelineRun(
    t,
    [
      ...['--from', fixture('writers/count-yields.mjs'), '--worker', fixture('workers/same.mjs')],
      ...['--to', fixture('senders/take-a-second.mjs'), '--workers', '3'],
      ...['--in-queue', '10', '--out-queue', '10'],
    ],
    { env: { YIELDED: yielded, DELIVERED: delivered } },
  )
  const { bound } = await run.event('pipelineStarted')
  t.equal(bound.records, 20)
  const memory: number[] = []
  let most = 0
  const slowSinkTookThree = () => {
    // In this order: what is delivered between the two looks can only make the difference smaller.
    const ahead = sizeOf(yielded) - sizeOf(delivered)
    most = Math.max(most, ahead)
    memory.push(residentBytes(run.pid))
    return sizeOf(delivered) >= 3
  }
  t.ok(await eventually(slowSinkTookThree, 30_000), 'the sink goes on at its own pace')
  t.ok(most <= bound.records, `${most} records were read ahead of the sink`)
  t.ok(most >= 10, `the in-queue was filled: ${most} records`)
  const grown = memory.at(-1)! - memory[Math.floor(memory.length / 2)]!
  t.ok(grown < 16 * MEBIBYTE, `the primary grew by ${grown} bytes`)
})
