import t from 'tap'
import { doneTwice } from '../../src/cli/restart.js'

const report = { process: 'worker:2', oldPid: 1, newPid: 2, milliseconds: 30 } as const

t.test('a restart says so when records of the old process are done twice', async (t) => {
  const told: [object, string | undefined][] = [
    [{}, undefined],
    [{ killed: false, returned: 0 }, undefined],
    [{ killed: true, returned: 0 }, 'the old process was killed with nothing in hand'],
    [{ killed: true, returned: 1 }, 'the old process was killed with 1 record in hand, which is done twice'],
    [
      { killed: true, returned: 1200 },
      'the old process was killed with 1,200 records in hand, which are done twice',
    ],
    [{ killed: false, returned: 7 }, 'the old process ended with 7 records in hand, which are done twice'],
  ]
  for (const [how, line] of told) t.equal(doneTwice({ ...report, ...how }), line)
})
