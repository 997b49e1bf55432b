import type { Config, NatsTransport } from '../config/config.js'
import type { Flags } from '../config/settings.js'
import { JOINED_SERVER } from '../config/transport.js'
import { MillraceError } from '../errors.js'
import { ownVersion } from '../package.js'
import { configure } from './configure.js'
import { overseersAbove } from './overseers.js'
import { heedSignals, terminalClosed } from './signals.js'
import type { Terminal } from './terminal.js'

/** `millrace join`: lends this machine's cores to a pipeline elsewhere, until that ends. Returns the exit code. */
export async function join(url: string | undefined, flags: Flags, terminal: Terminal): Promise<number> {
  requireBoth(flags, terminal)
  const transport = url === undefined ? undefined : { label: JOINED_SERVER, text: url }
  // It reads nothing itself, so it does not matter what stdin is.
  const surroundings = { ...terminal, stdinIsTTY: false }
  const config = await configure({ file: null, flags: { ...flags, transport } }, surroundings)
  const nats = natsOf(config)
  const signals = heedSignals({
    signals: process,
    hungUp: () => terminalClosed(process.stderr.isTTY === true),
  })
  const overseer = await overseersAbove({
    shutdownTimeout: config.shutdown.timeout,
    drain: () => signals.end('asked by pm2'),
  })
  try {
    const { startOutpost } = await import('../outpost/start.js')
    const outpost = await startOutpost(config, { version: ownVersion(), transport: nats })
    signals.passTo({
      drain: (why) => outpost.leave(why),
      stopNow: () => outpost.leaveNow(),
      restart: async () => {
        throw new MillraceError(
          'not_replaceable',
          'workers are restarted where their pipeline runs, those of machines that have joined as well: millrace restart workers',
        )
      },
      note: (event) => outpost.note(event),
    })
    overseer.ready()
    return await outpost.finished
  } finally {
    signals.forget()
    await overseer.close()
  }
}

/** There is no default for either: a name after the worker's file would wait for a pipeline that may never come. */
function requireBoth(flags: Flags, { env }: Terminal): void {
  const name = flags.name?.text ?? env.MILLRACE_NAME
  const worker = flags.worker?.text ?? env.MILLRACE_WORKER
  if (name && worker) return
  const missing = [...(name ? [] : ['which pipeline (--name)']), ...(worker ? [] : ['with what (--worker)'])]
  throw new MillraceError(
    'bad_usage',
    `join ${missing.join(', and ')}? Write millrace join nats://host:4222 --name ${name || 'NAME'} --worker ${worker || 'FILE'}`,
  )
}

function natsOf({ transport, name }: Config): NatsTransport {
  if (transport.kind === 'nats') return transport
  throw new MillraceError(
    'bad_usage',
    `which NATS server is \`${name}\` on? Give its address: millrace join nats://host:4222 --name ${name} --worker FILE`,
  )
}
