import { Antechamber, type Overseer } from './overseer.js'

/** A process as pm2 holds it: by an IPC channel, as a parent does. */
export interface Pm2Child {
  /** Absent when nobody holds a channel to it. */
  send?: ((message: string, sent: (error: Error | null) => void) => unknown) | undefined
  readonly connected?: boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
  off(event: 'message', listener: (message: unknown) => void): unknown
}

/**
 * Tells pm2 that the pipeline is ready (`wait_ready`), and hears it ask for an end by a message
 * instead of a signal (`shutdown_with_message`). Should pm2 go away, its channel closes, and nothing
 * else comes of it.
 *
 * @param drain called when pm2 asks for an end
 */
export function pm2Overseer(child: Pm2Child, drain: () => void): Overseer {
  const hear = (message: unknown) => {
    if (message === 'shutdown') drain()
  }
  const ready = () => {
    // What cannot be sent has nobody to hear it.
    if (child.connected) child.send?.('ready', () => {})
  }
  const antechamber = new Antechamber((event) => {
    if (event.type === 'pipelineStarted') ready()
  })
  child.on('message', hear)
  return {
    heard: antechamber.heard,
    ready,
    watch: () => antechamber.open(),
    close: async () => {
      child.off('message', hear)
    },
  }
}
