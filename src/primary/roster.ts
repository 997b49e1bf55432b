import { didYouMean } from '../config/nearest.js'
import type { ProcessId } from '../model/role.js'
import { LETTERS, type Place } from './topology.js'

/** The places of a pipeline in the order that records pass them, however they came to be there. */
export function inFlowOrder<Post extends { readonly place: Place }>(posts: Iterable<Post>): Post[] {
  return [...posts].sort((a, b) => rankOf(a.place) - rankOf(b.place) || a.place.index - b.place.index)
}

function rankOf({ id, role }: Place): number {
  return id === LETTERS.id ? ranks.length : ranks.indexOf(role)
}

const ranks: readonly string[] = ['writer', 'worker', 'sender']

/** Workers that are named one by one. */
const FEW = 4

/** Names for a message: `writer, worker:1 to worker:64, sender`. */
export function listed(ids: readonly ProcessId[]): string {
  const workers = ids.filter((id) => id.startsWith('worker:'))
  if (workers.length <= FEW) return ids.join(', ')
  const first = ids.indexOf(workers[0]!)
  const all = `${workers[0]} to ${workers.at(-1)}`
  return [...ids.slice(0, first), all, ...ids.slice(first + workers.length)].join(', ')
}

/** `; did you mean …?`, or nothing: a worker by a number that there is not is no slip of the finger. */
export const meant = (target: string, ids: readonly string[]): string =>
  /^worker:\d+$/.test(target) ? '' : didYouMean(target, ids)
