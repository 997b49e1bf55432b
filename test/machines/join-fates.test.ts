import { join } from 'node:path'
import t from 'tap'
import { lettersIn, upTo } from '../delivered.js'
import { fixture, linesIn } from '../pipeline-run.js'
import { ready, skip, TwoMachines } from '../two-machines.js'

const RECORDS = 1000

t.test(
  'wherever the workers are, bad records are found and given up, failed ones retried, and results in order',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t, RECORDS)
    const worker = ['--worker', fixture('workers/meet-fates-once-opened.mjs')]
    const run = machines.run(...worker, '--order', 'input', '--timeout', '1s', '--retry-deaths', '2')
    const outpost = machines.join(...worker)
    await ready(run)
    machines.openGate()
    t.match(await run.ended, { code: 0 }, run.said)
    t.match(run.summary, { read: RECORDS, delivered: RECORDS - 2, deadLettered: 2, retried: 1 })
    const numbers = linesIn(join(machines.folder, 'out.txt')).map((line) => Number.parseInt(line, 10))
    t.same(numbers, upTo(RECORDS, [50, 150]))
    const letters = lettersIn(join(machines.folder, '.millrace/mill/dead-letters.ndjson'))
    t.same(letters.map(({ id }) => id).sort(), ['count:150', 'count:50'])
    t.match(await outpost.ended, { code: 0 })
  },
)
