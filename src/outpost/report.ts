import type { Logger } from 'pino'

/** What happens to an outpost. */
export type OutpostEvent =
  | { readonly type: 'outpostWaiting'; readonly why: string }
  | {
      readonly type: 'outpostJoined'
      readonly host: string
      readonly primary: number
      readonly workers: number
    }
  /** The primary is gone, or has lost sight of this machine. */
  | { readonly type: 'outpostAlone'; readonly why: string }
  | { readonly type: 'outpostLeaving'; readonly why: string }
  | { readonly type: 'outpostEnded'; readonly why: string }

type EventOf<Type extends OutpostEvent['type']> = Extract<OutpostEvent, { type: Type }>

const wording: {
  readonly [Type in OutpostEvent['type']]: readonly ['info' | 'warn', (event: EventOf<Type>) => string]
} = {
  outpostWaiting: ['info', ({ why }) => `waiting: ${why}`],
  outpostJoined: [
    'info',
    ({ host, primary, workers }) =>
      `joined the pipeline on ${host}, pid ${primary}, with ${workers} worker${workers === 1 ? '' : 's'}`,
  ],
  outpostAlone: ['warn', ({ why }) => `the workers here are ended, and it joins anew: ${why}`],
  outpostLeaving: ['info', ({ why }) => `leaving: ${why}; what the workers have begun is finished`],
  outpostEnded: ['info', ({ why }) => `ended: ${why}`],
}

/** Writes what happens to the log. */
export const reportTo =
  (log: Logger) =>
  ({ type, ...fields }: OutpostEvent): void => {
    const [level, say] = wording[type] as readonly ['info' | 'warn', (event: object) => string]
    log[level]({ event: type, ...fields }, say(fields))
  }
