import { readFileSync } from 'node:fs'
import { defineWorker } from 'millrace'

interface Spot {
  readonly name: string
  readonly country: string
  /** Degrees. */
  readonly lat: number
  readonly lng: number
}

/** Where a place is delivered from. */
export interface Delivery {
  readonly place: string
  readonly country: string
  readonly hub: string
  readonly hubCountry: string
  /** Along the great circle. */
  readonly km: number
  readonly zone: string
}

const hubs: readonly Spot[] = JSON.parse(readFileSync(new URL('./hubs.json', import.meta.url), 'utf8'))

/** Zones by their radius around a hub, nearest first. */
const zones = [
  { name: 'same day', km: 100 },
  { name: 'next day', km: 500 },
  { name: 'two days', km: 1200 },
  { name: 'freight', km: Number.POSITIVE_INFINITY },
]

/** The worker: compares a place with every hub. Places beyond the reach of all of them are dropped. */
export default defineWorker<Spot, Delivery>((place, ctx) => {
  const { hub, km } = nearest(place)
  if (!hub || km > Number(ctx.with.reachKm)) return ctx.drop
  return {
    place: place.name,
    country: place.country,
    hub: hub.name,
    hubCountry: hub.country,
    km: Math.round(km * 10) / 10,
    zone: zones.find((zone) => km <= zone.km)!.name,
  }
})

/** Without usable coordinates no distance is less than another, and there is no nearest hub. */
function nearest(place: Spot): { hub: Spot | undefined; km: number } {
  let hub: Spot | undefined
  let km = Number.POSITIVE_INFINITY
  for (const candidate of hubs) {
    const distance = greatCircle(place, candidate)
    if (distance < km) {
      km = distance
      hub = candidate
    }
  }
  return { hub, km }
}

const EARTH_RADIUS_KM = 6371

const radians = (degrees: number) => (degrees * Math.PI) / 180

/** Kilometres between two points on a sphere, by the haversine formula. */
function greatCircle(a: Spot, b: Spot): number {
  const halfLat = Math.sin(radians(b.lat - a.lat) / 2)
  const halfLng = Math.sin(radians(b.lng - a.lng) / 2)
  const chord = halfLat ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * halfLng ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(chord))
}
