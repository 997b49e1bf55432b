import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { askOf } from '../../src/cli/process-of.js'
import { register, socketFor } from '../../src/control/registry.js'
import { MillraceError } from '../../src/errors.js'
import { captured } from '../fixtures/cli/captured.js'

t.test('a pipeline named where a process belongs is told how it is named', async (t) => {
  const runtime = mkdtempSync(join(tmpdir(), 'mr-'))
  const entry = { pid: process.pid, stateDir: '/state/slow', since: '', version: '0.0.0' }
  const socket = socketFor('slow', join(runtime, 'millrace'))
  const unregister = register({ ...entry, name: 'slow', socket })
  t.teardown(() => {
    unregister()
    rmSync(runtime, { recursive: true })
  })
  const terminal = captured({ cwd: runtime, env: { XDG_RUNTIME_DIR: runtime, TMPDIR: runtime } })
  const refusedAs = (code: 'unknown_target' | 'no_answer', target: string) =>
    askOf({ target }, terminal, 'millrace restart workers', async () => {
      throw new MillraceError(code, 'as it was')
    })
  await t.rejects(refusedAs('unknown_target', 'slow'), {
    code: 'unknown_target',
    message: /`slow` is a pipeline.* --name slow, .*: millrace restart workers --name slow$/,
  })
  await t.rejects(refusedAs('unknown_target', 'wroker:1'), { message: 'as it was' })
  await t.rejects(refusedAs('no_answer', 'slow'), { message: 'as it was' })
})
