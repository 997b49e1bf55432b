import { defineConfig } from 'millrace'

export default defineConfig({
  name: 'nearest-hub',
  writer: './places.mjs',
  worker: { use: './nearest-hub.ts', with: { reachKm: 2500 } },
  sender: 'file:out/deliveries.ndjson?format=ndjson',
})
