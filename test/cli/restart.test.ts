import t from 'tap'
import { restartText } from '../../src/cli/restart.js'
import { scaleText } from '../../src/cli/scale.js'

const report = { process: 'worker:2', oldPid: 1, newPid: 2, milliseconds: 30, handedOn: 0 } as const

t.test('a restart says what it did, and when records of the old process are done twice', async (t) => {
  const did = 'worker:2 restarted: pid 1 → 2, 30 ms'
  const told: [object, string[]][] = [
    [{}, [did]],
    [{ oldPid: null }, ['worker:2 restarted: pid none → 2, 30 ms']],
    [{ handedOn: 3 }, ['worker:2 restarted: pid 1 → 2, 3 records handed to others, 30 ms']],
    [{ killed: false, returned: 0 }, [did]],
    [{ killed: true, returned: 0 }, [did, 'the old process was killed with nothing in hand']],
    [
      { killed: true, returned: 1 },
      [did, 'the old process was killed with 1 record in hand, which is done twice'],
    ],
    [
      { killed: false, returned: 1200 },
      [did, 'the old process ended with 1,200 records in hand, which are done twice'],
    ],
  ]
  for (const [how, lines] of told) t.same(restartText({ ...report, ...how }), lines)
})

t.test('a change of the number of workers says what it did', async (t) => {
  const scaled = { name: 'mill', from: 8, to: 1, handedOn: 12, milliseconds: 1234 }
  t.equal(scaleText(scaled), 'mill scaled: 8 → 1 worker, 12 records handed to others, 1,234 ms')
  t.equal(scaleText({ ...scaled, to: 8, handedOn: 0 }), 'mill has 8 workers already')
})
