import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { bareNode } from '../bare-node.js'
import { specOf } from '../specs.js'

/** What a child process with this program in it writes to stderr, and whether it loaded pino. */
async function said(program: string): Promise<{ readonly lines: object[]; readonly loaded: boolean }> {
  const logger = new URL('../../src/child/logger.ts', import.meta.url).href
  const code = `
    import { createRequire } from 'node:module'
    import { childLogger } from '${logger}'
    const log = childLogger(${JSON.stringify({ ...specOf('worker'), logLevel: 'info', process: 'worker:3', index: 3 })})
    ${program}
    const { cache } = createRequire(import.meta.url)
    console.log(Object.keys(cache).some((path) => path.includes('/node_modules/pino/')))
  `
  const [command, first] = bareNode()
  const args = [...first, '--import', 'tsx', '--input-type=module', '--eval', code]
  const { stdout, stderr } = await promisify(execFile)(command, args)
  const lines = stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  return { lines, loaded: stdout.trim() === 'true' }
}

t.test('a process that logs nothing does not load what logs', async (t) => {
  t.same(await said(''), { lines: [], loaded: false })
})

t.test('its logger is one of pino, with all that belongs to it', async (t) => {
  const { lines, loaded } = await said(`
    log.debug('not at this level')
    log.info({ more: 1 }, 'one')
    log.child({ of: 'mine' }).warn('two')
    if (log.isLevelEnabled('info') && 'bindings' in log) log.error(new Error('three'))
  `)
  t.ok(loaded)
  const about = { pipeline: 'mill', role: 'worker', process: 'worker:3', worker: 3 }
  t.match(lines, [
    { ...about, level: 30, more: 1, msg: 'one' },
    { ...about, level: 40, of: 'mine', msg: 'two' },
    { ...about, level: 50, err: { message: 'three' } },
  ])
})
