import { fileURLToPath } from 'node:url'
import { defineConfig } from 'millrace'

/** What stands under `with` is handed on as it is, so the path is made absolute here. */
const database = fileURLToPath(new URL('out/orders.db', import.meta.url))

export default defineConfig({
  name: 'upsert',
  writer: './orders.mjs',
  worker: './order-lines.mjs',
  sender: { use: './upsert.mjs', with: { database } },
  workers: 2,
})
