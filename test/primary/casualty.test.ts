import t from 'tap'
import { casualtyOf } from '../../src/primary/casualty.js'
import type { Death } from '../../src/primary/processes/child-process.js'

const death = (reason: string, lost?: Death['lost']): Death => ({
  exit: { code: null, signal: null, at: '', reason, outOfMemory: false, lastLines: [] },
  ...{ asked: false, beforeReady: false, lost, failure: undefined, lastLines: ['its last line'] },
})

t.test('a death may be the fault of a record, also that of a machine that fell silent', async (t) => {
  const known = { at: 7, atWork: undefined }
  t.match(casualtyOf({ id: 'worker:1' }, death('killed by SIGKILL'), known), {
    ...{ process: 'worker:1', at: 7, name: 'WorkerDied', trace: 'its last line' },
    how: 'its worker died: killed by SIGKILL',
  })
  const silent = { why: 'its machine box: nothing was heard of it for 5 s', suspicious: true }
  t.match(casualtyOf({ id: 'worker:2' }, death(`lost: ${silent.why}`, silent), known), {
    how: 'its worker was lost: its machine box: nothing was heard of it for 5 s',
  })
})

t.test('what was lost for a reason that is known is the fault of no record', async (t) => {
  const lost = { why: 'some of what it said did not arrive', suspicious: false }
  t.equal(casualtyOf({ id: 'worker:2' }, death(`lost: ${lost.why}`, lost), { at: 7 }), undefined)
})
