import { defineConfig } from 'millrace'

/** The keys that are changed first. The README has them all, and `npx millrace check` what is in force. */
export default defineConfig({
  // `millrace status` and the other commands find the pipeline by it, and .millrace/ has its state.
  name: 'my-pipeline',

  // Where records come from. Also 'stdin:', 'count:1000', or a module of yours: './writer.mjs'.
  writer: 'file:input.txt',

  // Your function.
  worker: './worker.mjs',

  // Where results go: strings as lines, all else as lines of JSON. Also 'stdout:', or a module of yours.
  sender: 'file:output.ndjson',

  // Processes that work at the same time. Without this line: one for each core.
  workers: 2,

  // Records that each of them handles at once, if the handler is asynchronous.
  // concurrency: 10,

  // Results in the order of the input. Otherwise they come as they are done, so that none waits for another.
  // order: 'input',

  // How long a record may take, before its handler is aborted and then killed.
  // timeout: '30s',

  // When a handler throws: how often a record is tried in all, and the first wait; later ones are longer.
  // retry: { attempts: 5, backoff: '200ms' },

  // Metrics for Prometheus, and health: http://127.0.0.1:9464/metrics
  // http: '127.0.0.1:9464',
})
