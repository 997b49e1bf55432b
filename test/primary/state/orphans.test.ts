import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import t, { type Test } from 'tap'
import { CHILD_STATE_DIR, childMark, endOrphans } from '../../../src/primary/state/orphans.js'
import { hasProc } from '../../../src/primary/state/proc.js'
import { bareFork } from '../../bare-node.js'
import { fixture } from '../../pipeline-run.js'
import { isRunning } from '../../processes.js'

const skip = hasProc() ? false : 'there is no /proc'

/** A primary with blocked children, marked as of this folder. */
async function start(t: Test, stateDir: string, kinds: readonly string[]) {
  const env = { ...process.env, ...childMark(stateDir) }
  const primary = fork(fixture('state/primary.mjs'), kinds, { env, ...bareFork() })
  t.teardown(() => primary.kill('SIGKILL'))
  const [children] = (await once(primary, 'message')) as [number[], unknown]
  t.teardown(() => {
    for (const pid of children) if (isRunning(pid)) process.kill(pid, 'SIGKILL')
  })
  return { primary, children }
}

async function kill(primary: ChildProcess): Promise<void> {
  const exited = once(primary, 'exit')
  primary.kill('SIGKILL')
  await exited
}

t.test('children that are stuck and outlive their primary are ended, named or not', { skip }, async (t) => {
  const stateDir = t.testdir({})
  const { primary, children } = await start(t, stateDir, ['untold', 'titled', 'untold'])
  await kill(primary)
  t.ok(children.every(isRunning), 'nothing else ends them')
  t.same([...(await endOrphans(stateDir))].sort(), [...children].sort())
  t.notOk(children.some(isRunning))
  t.same(await endOrphans(stateDir), [])
})

t.test('a link to the state folder finds the same orphans', { skip }, async (t) => {
  const folder = t.testdir({ real: {} })
  symlinkSync('real', join(folder, 'link'))
  const { primary, children } = await start(t, join(folder, 'link'), ['untold'])
  await kill(primary)
  t.same(await endOrphans(join(folder, 'real')), children)
})

t.test('children of another state folder are left alone', { skip }, async (t) => {
  const folder = t.testdir({})
  const [one, other] = ['mill', 'mill-2'].map((name) => join(folder, name)) as [string, string]
  for (const path of [one, other]) mkdirSync(path)
  const { primary, children } = await start(t, other, ['untold', 'titled'])
  t.same(await endOrphans(one), [])
  t.same(await endOrphans(folder), [])
  await kill(primary)
  t.ok(children.every(isRunning))
})

t.test('what a handler has started, and a pipeline of its own, are spared', { skip }, async (t) => {
  const stateDir = t.testdir({ inner: {} })
  const sleep = spawn('sleep', ['600'], { stdio: 'ignore', env: { ...process.env, ...childMark(stateDir) } })
  t.teardown(() => sleep.kill('SIGKILL'))
  const { primary, children } = await start(t, stateDir, ['untold'])
  const inner = await start(t, join(stateDir, 'inner'), ['untold'])
  t.same(await endOrphans(stateDir), children)
  for (const pid of [sleep.pid!, primary.pid!, inner.primary.pid!, ...inner.children]) t.ok(isRunning(pid))
})

t.test('a pipeline that keeps no state covers the mark of the one around it', async (t) => {
  t.same(childMark(undefined), { [CHILD_STATE_DIR]: '' })
})
