import { fork } from 'node:child_process'
import { once } from 'node:events'
import { now, readJob, report } from '../job.mjs'

/** Forks children that do nothing, all at once, and tells when they were up; meanwhile, `burners` keep as many cores busy. */
const { children, burners = 0 } = readJob()
const start = (name, count) =>
  Array.from({ length: count }, () => fork(new URL(`${name}.mjs`, import.meta.url)))
const up = (processes) => Promise.all(processes.map((child) => once(child, 'message')))

const burning = start('burner', burners)
await up(burning)
const begun = now()
const forked = start('child', children)
await up(forked)
report({ milliseconds: now() - begun, up: now() })
for (const child of [...burning, ...forked]) child.disconnect()
