import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/*
 * Bytes on the way that records take, and nothing done to them: from one child through this process
 * to a second, and from that through this process to a third.
 */
const job = JSON.parse(process.argv[2])
const IN = 3
const OUT = 4
const own = (fd) => new Socket({ fd, readable: true, writable: true })

const start = (part) =>
  spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify({ ...job, part })], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
  })

const parts = {
  async source() {
    const out = own(OUT)
    const bytes = Buffer.alloc(job.size, 'a')
    for (let sent = 0; sent < job.count; sent++) if (!out.write(bytes)) await once(out, 'drain')
    out.end()
  },
  worker: () => own(IN).pipe(own(OUT)),
  async sink() {
    let arrived = 0
    for await (const chunk of own(IN)) arrived += chunk.length
    if (arrived !== job.size * job.count) throw new Error(`${arrived} bytes arrived`)
  },
}

if (job.part) {
  await parts[job.part]()
} else {
  const [source, worker, sink] = ['source', 'worker', 'sink'].map(start)
  source.stdio[OUT].pipe(worker.stdio[IN])
  worker.stdio[OUT].pipe(sink.stdio[IN])
  const ends = await Promise.all([source, worker, sink].map((child) => once(child, 'exit')))
  process.exitCode = ends.some(([code]) => code !== 0) ? 1 : 0
}
