import process from 'node:process'
import { MillraceError } from '../errors.js'
import { refuseWindows } from './platform.js'

async function start(): Promise<void> {
  refuseWindows(process.platform)
  const [{ main }, { flush, processTerminal }] = await Promise.all([
    import('./main.js'),
    import('./terminal.js'),
  ])
  process.exitCode = await main(process.argv.slice(2), processTerminal())
  await flush()
  // Modules that `check` imported may hold the process open.
  process.exit()
}

start().catch((thrown: unknown) => {
  process.exitCode = thrown instanceof MillraceError ? thrown.exitCode : 1
  process.stderr.write(`millrace: ${thrown instanceof MillraceError ? thrown.message : String(thrown)}\n`)
})
