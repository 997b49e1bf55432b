import t from 'tap'
import { freePort } from '../nats-server.js'
import { fixture, PipelineRun } from '../pipeline-run.js'
import { ready, skip, TwoMachines } from '../two-machines.js'

const worker = ['--worker', fixture('workers/same.mjs')]

const joins = (t: ConstructorParameters<typeof PipelineRun>[0], ...args: string[]) =>
  new PipelineRun(t, args, { command: 'join' })

t.test('without a server there is nothing to join', async (t) => {
  const run = joins(t, ...worker, '--name', 'mill')
  t.equal((await run.ended).code, 2)
  t.match(run.said, 'millrace join nats://host:4222 --name mill')
})

t.test('a machine that joins says which pipeline and with what, for neither has a default', async (t) => {
  const nameless = joins(t, 'nats://127.0.0.1:4222', '--worker', 'w.mjs')
  t.equal((await nameless.ended).code, 2)
  t.match(
    nameless.said,
    'which pipeline (--name)? Write millrace join nats://host:4222 --name NAME --worker w.mjs',
  )
  const idle = joins(t, 'nats://127.0.0.1:4222', '--name', 'mill')
  t.equal((await idle.ended).code, 2)
  t.match(idle.said, 'with what (--worker)? Write millrace join nats://host:4222 --name mill --worker FILE')
})

t.test('a server that is not there is one clear error', async (t) => {
  const address = `127.0.0.1:${await freePort()}`
  const run = joins(t, `nats://${address}`, ...worker, '--name', 'mill')
  t.equal((await run.ended).code, 1)
  t.match(run.said, `No NATS server answers at ${address}`)
})

t.test(
  'a worker that is not there, and an address that is none, are told of as `run` tells them',
  async (t) => {
    const missing = joins(t, 'nats://127.0.0.1:4222', '--worker', 'nowhere.mjs', '--name', 'mill')
    t.equal((await missing.ended).code, 78)
    t.match(missing.said, /nowhere\.mjs does not exist/)
    const wrong = joins(t, 'http://127.0.0.1', ...worker, '--name', 'mill')
    t.equal((await wrong.ended).code, 2)
    t.match(wrong.said, /NATS-URL is `http:\/\/…`; write nats:\/\/host:4222/)
    t.notMatch(wrong.said, /ipc/)
    t.equal(
      (await joins(t, 'nats://127.0.0.1', ...worker, '--name', 'mill', '--in-queue', '7').ended).code,
      2,
      'that is not its to say',
    )
  },
)

t.test(
  'a module that cannot be loaded there ends that machine with the reason, and no pipeline',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t, 100)
    const run = machines.run()
    const broken = machines.join('--worker', fixture('workers/throw-at-load.mjs'))
    t.equal((await broken.ended).code, 78, broken.said)
    t.match(broken.said, /throw-at-load\.mjs/)
    machines.join()
    await ready(run, 'worker:4', 'worker:5')
    machines.openGate()
    await machines.expectAllOnce(run)
  },
)
