import { once } from 'node:events'

export const live = true

/** Has nothing to say until it is told to stop. */
export default async function* (ctx) {
  await once(ctx.signal, 'abort')
  yield* []
}
