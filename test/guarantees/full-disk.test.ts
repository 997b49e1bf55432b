import { execFileSync } from 'node:child_process'
import t from 'tap'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { temporaryFolder } from '../temporary-folder.js'

const RECORDS = 60_000

/** A disk of a certain size, or why there can be none here. */
function smallDisk(t: Parameters<typeof temporaryFolder>[0]): { folder: string } | { missing: string } {
  const folder = temporaryFolder(t)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'none', folder], { stdio: 'pipe' })
  } catch (error) {
    return { missing: `a small disk cannot be mounted: ${error instanceof Error ? error.message : error}` }
  }
  t.teardown(() => execFileSync('umount', ['--lazy', folder]))
  return { folder }
}

t.test(
  'a full disk blocks the pipeline, and nothing is lost or doubled when there is room again',
  async (t) => {
    const disk = smallDisk(t)
    if ('missing' in disk) {
      t.pass('a pipeline on a full disk', { skip: disk.missing })
      return
    }
    const run = new PipelineRun(t, [
      ...['--from', `count:${RECORDS}`, '--to', `file:${disk.folder}/out.txt`],
      ...['--worker', fixture('workers/same.mjs'), '--workers', '2'],
    ])
    const { reason } = await run.event('stateChanged', ({ state }) => state === 'blocked')
    t.match(reason, /the sink fails: .*the disk is full/)
    execFileSync('mount', ['-o', 'remount,size=16m', disk.folder])
    t.equal((await run.ended).code, 0, run.said)
    t.same(
      linesIn(`${disk.folder}/out.txt`)
        .map(Number)
        .sort((a, b) => a - b),
      Array.from({ length: RECORDS }, (_, number) => number),
    )
  },
)
