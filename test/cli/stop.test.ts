import { join } from 'node:path'
import t, { type Test } from 'tap'
import { main } from '../../src/cli/main.js'
import { register, socketFor } from '../../src/control/registry.js'
import { serveControl } from '../../src/control/server.js'
import type { Summary } from '../../src/model/status.js'
import { captured } from '../fixtures/cli/captured.js'
import { StubPipeline, summary } from '../fixtures/control/pipeline.js'
import { temporaryFolder } from '../temporary-folder.js'

/** What `millrace stop` makes of a pipeline that ends with this account when it is told to. */
async function stopOf(t: Test, account: Partial<Summary> | undefined, ...flags: readonly string[]) {
  const runtime = temporaryFolder(t)
  const pipeline = new StubPipeline()
  const socket = socketFor('mill', join(runtime, 'millrace'))
  const ended = new Promise<Summary | undefined>((resolve) => {
    const end = () => resolve(account && { ...summary, ...account })
    pipeline.once('drain', end)
    void pipeline.finished.then(end)
  })
  const server = await serveControl(socket, { pipeline, version: '0.0.0', ended })
  const { name, stateDir } = pipeline
  const unregister = register({ name, pid: process.pid, stateDir, since: '', socket, version: '0.0.0' })
  const terminal = captured({ env: { XDG_RUNTIME_DIR: runtime, TMPDIR: runtime } })
  const code = await main(['stop', ...flags], terminal)
  unregister()
  await server.close()
  return { code, out: terminal.out(), err: terminal.err() }
}

const cutShort: Partial<Summary> = { outcome: 'stopped', delivered: 1190, returned: 10 }

t.test('a stop that drained everything is a success', async (t) => {
  t.match(await stopOf(t, {}), { code: 0, out: /^mill drained: 1,200 read = .* 0 returned\n$/ })
  t.match(await stopOf(t, { outcome: 'finished' }), { code: 0 }, 'and so is one that met the end')
})

t.test('a stop that was cut short ends with 75, and its account says by how much', async (t) => {
  t.match(await stopOf(t, cutShort), { code: 75, out: /^mill stopped: 1,200 read = .* \+ 10 returned\n$/ })
  const { code, out } = await stopOf(t, cutShort, '--json')
  t.equal(code, 75)
  t.match(JSON.parse(out), cutShort)
})

t.test('who stops a pipeline now has asked for its records to be returned', async (t) => {
  t.match(await stopOf(t, cutShort, '--now'), { code: 0, out: /10 returned/ })
})

t.test('a pipeline that fails while it is stopped, or dies without an account, is no success', async (t) => {
  t.match(await stopOf(t, { outcome: 'failed' }), { code: 1, out: /^mill failed: / })
  t.match(await stopOf(t, { outcome: 'failed' }, '--now'), { code: 1 })
  t.match(await stopOf(t, undefined), { code: 1, out: '', err: /mill has ended without an account/ })
})
