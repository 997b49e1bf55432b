import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const installer = fileURLToPath(new URL('../../scripts/install-service.sh', import.meta.url))
const install = (...args: readonly string[]) =>
  promisify(execFile)('bash', [installer, ...args, '--dry-run', '--node', process.execPath])

const skip = process.platform === 'linux' ? false : 'systemd is there on Linux only'

t.test('a service of the system is not made of what its own /tmp hides from it', { skip }, async (t) => {
  const folder = mkdtempSync('/tmp/millrace-')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const config = join(folder, 'millrace.config.mjs')
  writeFileSync(join(folder, 'worker.mjs'), 'export default (value) => value')
  writeFileSync(config, 'export default { writer: "count:1", worker: "./worker.mjs", sender: "null:" }')
  await t.rejects(install(config), {
    code: 2,
    stderr: `install-service.sh: a service of the system does not see ${config}, because it has a /tmp of its own; move it elsewhere, or give --user\n`,
  })
  t.match(await install(config, '--user'), { stdout: /^ExecStart=/m }, 'a service of a user sees it')
})
