import { stat } from 'node:fs/promises'
import type { Config, EndpointRef, ModuleRef } from '../config/config.js'
import { importModule } from '../config/import-module.js'
import { checkModuleShape } from '../config/module-shape.js'
import { withoutCredentials } from '../config/show.js'
import { MillraceError, messageOf } from '../errors.js'
import type { Role } from '../model/role.js'
import { type ConfigRequest, configure } from './configure.js'
import { table } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/**
 * `millrace check`: everything that can be known without running, then the configuration in force.
 *
 * @throws MillraceError that names every problem, one line each
 */
export async function check(request: ConfigRequest, terminal: Terminal, json: boolean): Promise<void> {
  // Nothing is read here, so it does not matter what stdin is.
  const config = await configure(request, { ...terminal, stdinIsTTY: false })
  const modules = modulesOf(config).map(([role, module]) => checkModule(role, module))
  const outcomes = await Promise.allSettled([...modules, checkSource(config.writer)])
  const problems = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  )
  if (problems.length > 0) throw inOne(problems)
  const effective = printable(config)
  if (json) printJson(terminal.stdout, effective)
  else printLine(terminal.stdout, table(rowsOf(effective, '')))
}

function modulesOf({ worker, writer, sender, deadLetter }: Config): (readonly [Role, ModuleRef])[] {
  const ends = [
    ['writer', writer],
    ['sender', sender],
    ['sender', deadLetter.to],
  ] as const
  const modules = ends.flatMap(([role, end]) => (end && 'module' in end ? [[role, end.module] as const] : []))
  return [['worker', worker], ...modules]
}

async function checkModule(role: Role, module: ModuleRef): Promise<void> {
  const exports = await importModule(module.path).catch((cause: unknown) => {
    if (cause instanceof MillraceError) throw cause
    const message = `${role} module ${module.path} cannot be loaded: ${messageOf(cause)}`
    throw new MillraceError('module_not_loadable', message, { cause })
  })
  checkModuleShape(role, exports, module)
}

async function checkSource(writer: EndpointRef): Promise<void> {
  if (!('connector' in writer) || writer.connector.scheme !== 'file') return
  const { target, url } = writer.connector
  const found = await stat(target).catch(() => undefined)
  if (found && !found.isDirectory()) return
  const what = found ? 'is a folder' : 'does not exist'
  throw new MillraceError(
    'source_missing',
    `${target} ${what} (writer \`${url}\`); give the path of a file to read`,
  )
}

function inOne(problems: readonly unknown[]): unknown {
  const [first] = problems
  if (problems.length === 1 || !(first instanceof MillraceError)) return first
  return new MillraceError(first.code, problems.map(messageOf).join('\n'), { cause: first })
}

/** The configuration as data to print: endpoints as they are written, nothing secret. */
function printable(config: Config): Readonly<Record<string, unknown>> {
  const { transport, writer, sender, worker, deadLetter, ...rest } = config
  const endpoint = (end: EndpointRef | undefined) => {
    if (!end) return null
    if ('module' in end) return module(end.module)
    const { scheme, target, options } = end.connector
    return { use: `${scheme}:${target}`, with: options }
  }
  const module = ({ path, with: given }: ModuleRef) => ({ use: path, with: given })
  const to = 'file' in deadLetter.to ? deadLetter.to.file : endpoint(deadLetter.to)
  const shown = {
    writer: endpoint(writer),
    worker: module(worker),
    sender: endpoint(sender),
    deadLetter: { ...deadLetter, to },
    ...rest,
  }
  return {
    ...(withoutCredentials(shown) as Readonly<Record<string, unknown>>),
    transport:
      transport.kind === 'ipc'
        ? { kind: 'ipc' }
        : {
            kind: 'nats',
            servers: transport.servers,
            credentials: 'user' in transport || 'token' in transport,
          },
    file: config.file ?? null,
  }
}

function rowsOf(object: Readonly<Record<string, unknown>>, prefix: string): string[][] {
  return Object.entries(object).flatMap(([name, value]) => {
    const key = prefix + name
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isGroup) return rowsOf(value as Readonly<Record<string, unknown>>, `${key}.`)
    return [[key, typeof value === 'object' && value !== null ? value.toString() : String(value ?? 'none')]]
  })
}
