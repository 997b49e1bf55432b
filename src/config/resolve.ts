import { basename, extname, join, resolve } from 'node:path'
import { MillraceError, messageOf } from '../errors.js'
import type { Config, EndpointRef } from './config.js'
import { letterPlaceOf } from './dead-letter-place.js'
import { endpointOf, moduleOf } from './endpoint.js'
import { httpOf } from './http.js'
import type { LoadedFile } from './load-file.js'
import { pipelineNameAfter } from './pipeline-name.js'
import { formatSize } from './quantities.js'
import { refuseSameFile, refuseSharedLetters } from './same-file.js'
import { type ModuleInput, type ParsedConfig, schema } from './schema.js'
import {
  type Flags,
  type Origin,
  type Problem,
  problemsWith,
  type Setting,
  settingsOfEnvironment,
  settingsOfFile,
  settingsOfFlags,
} from './settings.js'
import { transportOf } from './transport.js'

/** The process around a configuration, as far as it matters to it. Handed in, so that tests need no terminal. */
export interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdinIsTTY: boolean
  readonly stdoutIsTTY: boolean
  /** What `workers: 'auto'` means here. */
  readonly availableCpus: number
}

/** Where values may come from: flags win over the environment, that over the file. */
export interface ConfigSources {
  readonly flags: Flags
  readonly file: LoadedFile | undefined
  readonly surroundings: Surroundings
}

/**
 * One configuration from all its sources, with every default filled in.
 *
 * @throws MillraceError that names every problem, one line each
 */
export function resolveConfig({ flags, file, surroundings }: ConfigSources): Config {
  const { cwd, env } = surroundings
  const layers = [
    file ? settingsOfFile(file.content, file.path, file.base) : { settings: [], problems: [] },
    settingsOfEnvironment(env, cwd),
    settingsOfFlags(flags, cwd),
  ]
  const settings = layers.flatMap((layer) => layer.settings)
  refuse([...layers.flatMap((layer) => layer.problems), ...problemsWith(settings)])

  const chosen = new Map(settings.map((setting) => [setting.option.key, setting]))
  const parsed = schema.parse(nested([...chosen.values()]))
  const base = file?.base ?? cwd
  const originOf = (key: string): Origin =>
    chosen.get(key)?.origin ?? { label: `\`${key}\``, base, code: file ? 'bad_config' : 'bad_usage' }
  return complete(parsed, originOf, { file, surroundings })
}

type OriginOf = (key: string) => Origin

interface Context {
  readonly file: LoadedFile | undefined
  readonly surroundings: Surroundings
}

function complete(parsed: ParsedConfig, originOf: OriginOf, context: Context): Config {
  const { file, surroundings } = context
  // Without a worker, nothing else is worth telling.
  const wanted = requireWorker(parsed, context)
  const problems: Problem[] = []
  /** Goes on after a problem, so that all of them are told at once. */
  const attempt = <T>(build: () => T): T | undefined => {
    try {
      return build()
    } catch (thrown) {
      if (!(thrown instanceof MillraceError)) throw thrown
      problems.push({ code: thrown.code, line: messageOf(thrown) })
      return undefined
    }
  }
  const worker = attempt(() => moduleOf(wanted, originOf('worker')))
  const writer = attempt(() => writerOf(parsed, originOf('writer'), surroundings))
  const sender = attempt(() => senderOf(parsed, originOf('sender'), context))
  attempt(() => writer && refuseSameFile(writer, sender))
  const transport = attempt(() => transportOf(parsed.transport, originOf('transport')))
  const http = attempt(() => httpOf(parsed.http, originOf('http')))
  const maxRecord = attempt(() => maxRecordOf(parsed, originOf('maxRecord')))
  const name = parsed.name ?? (worker && nameAfter(worker.path)) ?? ''
  const stateDir = resolve(originOf('stateDir').base, parsed.stateDir ?? join('.millrace', name))
  const letters = attempt(() => letterPlaceOf(parsed.deadLetter.to, originOf('deadLetter.to'), stateDir))
  attempt(() => letters && writer && refuseSharedLetters(letters, writer, sender))
  refuse(problems)
  // Nothing was refused, so nothing is missing.
  const found = { worker: worker!, writer: writer!, transport: transport!, maxRecord: maxRecord! }

  return {
    ...parsed,
    ...found,
    http,
    name,
    sender,
    workers: parsed.workers === 'auto' ? surroundings.availableCpus : parsed.workers,
    deadLetter: { ...parsed.deadLetter, to: letters! },
    stateDir,
    keepsState: file !== undefined || parsed.name !== undefined || parsed.stateDir !== undefined,
    file: file?.path,
  }
}

function requireWorker(parsed: ParsedConfig, { file, surroundings: { cwd } }: Context): ModuleInput {
  if (parsed.worker !== undefined) return parsed.worker
  if (file) {
    const fix = "add worker: './worker.mjs', or give --worker FILE"
    throw new MillraceError('bad_config', `\`worker\` is missing in ${file.path}; ${fix}`)
  }
  const withFile = 'millrace run millrace.config.mjs'
  const withFlags = 'millrace run --from file:in.log --worker worker.mjs --to file:out.ndjson'
  const message = `there is no configuration file in ${cwd} and no --worker; write \`${withFile}\` or \`${withFlags}\``
  throw new MillraceError('bad_usage', message)
}

function writerOf(parsed: ParsedConfig, origin: Origin, { stdinIsTTY }: Surroundings): EndpointRef {
  const writer = endpointOf(parsed.writer ?? 'stdin:', 'source', origin)
  if (stdinIsTTY && 'connector' in writer && writer.connector.scheme === 'stdin') {
    const fix =
      'pipe something in (cat big.log | millrace run …), or give --from, such as --from file:big.log'
    throw new MillraceError(
      origin.code,
      `nothing to read: the writer is \`stdin:\`, and stdin is a terminal; ${fix}`,
    )
  }
  return writer
}

/** Without a file, results go where the shell sends them; a file says all there is to say. */
function senderOf(parsed: ParsedConfig, origin: Origin, context: Context): EndpointRef | undefined {
  const piped = !context.file && !context.surroundings.stdoutIsTTY
  const input = parsed.sender === undefined && piped ? 'stdout:' : parsed.sender
  return input ? endpointOf(input, 'sink', origin) : undefined
}

const usualMaxRecord = 32 * 2 ** 20

/** A queue must hold two of the largest records, or reading and working could not overlap. */
function maxRecordOf({ maxRecord, queueBytes }: ParsedConfig, origin: Origin): number {
  const most = Math.max(1, Math.floor(queueBytes / 2))
  if (maxRecord === undefined) return Math.min(usualMaxRecord, most)
  if (maxRecord <= most) return maxRecord
  throw new MillraceError(
    origin.code,
    `${origin.label} is ${formatSize(maxRecord)}, more than half of \`queueBytes\` (${formatSize(queueBytes)}); lower it, or raise \`queueBytes\` to ${formatSize(2 * maxRecord)}`,
  )
}

/** `/path/to/my worker.ts` gives its name to a pipeline. */
const nameAfter = (path: string): string => pipelineNameAfter(basename(path, extname(path)))

function nested(settings: readonly Setting[]): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const { option, value } of settings) {
    const path = option.key.split('.')
    const leaf = path.pop()!
    const group = path.reduce((object, name) => {
      object[name] ??= {}
      return object[name] as Record<string, unknown>
    }, root)
    group[leaf] = value
  }
  return root
}

function refuse(problems: readonly Problem[]): void {
  const [first] = problems
  if (!first) return
  throw new MillraceError(first.code, problems.map(({ line }) => line).join('\n'))
}
