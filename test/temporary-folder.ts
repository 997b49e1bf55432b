import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for one test, short enough to hold control sockets. */
export function temporaryFolder(t: { teardown(clean: () => unknown): unknown }): string {
  const folder = mkdtempSync(join(tmpdir(), 'mr-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
