import { defineConfig } from 'millrace'

/** The numbers of classic.py. Its sender prints, and so does this one. */
export default defineConfig({
  name: 'classic',
  writer: './writer.mjs',
  worker: './worker.mjs',
  sender: 'stdout:',
  workers: 3,
  inQueue: 10,
  outQueue: 10,
})
