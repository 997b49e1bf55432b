import type { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'
import { formatSize } from '../config/quantities.js'
import type { LogLevel } from '../model/logger.js'
import type { RestartReport } from '../model/status.js'
import type { EventListener, PipelineEvent } from './events.js'
import type { Omitted } from './failure-limit.js'

type Level = 'debug' | 'info' | 'warn' | 'error'
type EventOf<Type extends PipelineEvent['type']> = Extract<PipelineEvent, { type: Type }>

/** How each event reads in the log: its level, and a sentence. */
const wording: {
  readonly [Type in PipelineEvent['type']]: readonly [Level, (event: EventOf<Type>) => string]
} = {
  primaryStarted: ['debug', ({ pid, version }) => `millrace ${version} begins, pid ${pid}`],
  pipelineStarted: [
    'info',
    ({ workers, transport, resumesFrom, bound, config, delivers }) =>
      `${config ? `by ${config}: ` : ''}${plural(workers, 'worker')} over ${transport}, ${resumesFrom}${delivers ? '' : ', results go nowhere'}; at most ${bound.records} records and ${mebibytes(bound.bytes)} in flight, and ${bound.retries} waiting for a retry or to be dead-lettered`,
  ],
  httpOpened: ['info', ({ url }) => `metrics and health on ${url}`],
  stateChanged: [
    'info',
    // What a process said before it died may be many lines: the error itself has them.
    ({ state, reason }) => (reason ? `${state}: ${reason.split('\n', 1)[0]}` : state),
  ],
  processStarted: ['debug', ({ process, pid }) => `${process} started, pid ${pid}`],
  processReady: [
    'debug',
    ({ process, pid, ms }) => `${process} ready, pid ${pid}, after ${Math.round(ms)} ms`,
  ],
  processExited: [
    'warn',
    ({ process, pid, exit, returned, why, planned }) =>
      planned
        ? `${process} ended, pid ${pid}${returned > 0 ? `; ${plural(returned, 'record')} given back` : ''}`
        : `${process} died, pid ${pid}: ${exit.reason}${why ? `: ${why}` : ''}; ${plural(returned, 'record')} given back`,
  ],
  restartScheduled: [
    'info',
    ({ process, inMs, budgetLeft }) =>
      `${process} is replaced ${inMs === 0 ? 'at once' : `in ${Math.round(inMs)} ms`}, ${plural(budgetLeft, 'restart')} left`,
  ],
  processRestarted: [
    'info',
    ({ process, cause, why, oldPid, newPid, milliseconds, ...left }) =>
      `${process} ${cause === 'asked' ? 'restarted as asked' : cause}${why ? ` because ${why}` : ''}: pid ${oldPid ?? 'none'} → ${newPid ?? 'none'}${leftText(left)}, ${milliseconds} ms`,
  ],
  recycleFailed: [
    'error',
    ({ process, why, error }) => `${process} should be recycled because ${why}, and cannot be: ${error}`,
  ],
  workerTooLarge: [
    'error',
    ({ process, rss, limit }) =>
      `${process} is killed: it has ${mebibytes(rss)} resident, and may have ${mebibytes(limit)} (\`recycle.maxRss\`)`,
  ],
  rollStopped: ['error', ({ error }) => error],
  workersScaled: [
    'info',
    ({ from, to, handedOn, ms }) =>
      `${plural(to, 'worker')} where there ${from === 1 ? 'was' : 'were'} ${from}${leftText({ handedOn })}, ${ms} ms`,
  ],
  machineJoined: [
    'info',
    ({ host, hostPid, workers }) =>
      `${host} joined, pid ${hostPid}, with ${plural(workers.length, 'worker')}: ${workers.join(', ')}`,
  ],
  machineLeft: [
    'warn',
    ({ host, hostPid, workers, how, why }) => {
      const went = { left: 'left', lost: 'is lost', dismissed: 'was dismissed' }[how]
      const rest =
        how === 'left' ? '' : `; what its ${plural(workers.length, 'worker')} had in hand goes to others`
      return `${host} ${went}, pid ${hostPid}: ${why}${rest}`
    },
  ],
  restartBudgetSpent: ['error', ({ process }) => `${process} died too often`],
  writerLost: [
    'error',
    ({ mayBeMissing }) =>
      `the writer of a live source died: what it had read and not handed over is lost: up to ${plural(mayBeMissing, 'record')}, and what was in its read buffer`,
  ],
  primaryDied: [
    'warn',
    ({ lastPid, seenAt }) =>
      `the primary of the run before this one${lastPid === null ? '' : `, pid ${lastPid},`} did not end by itself, last seen at ${seenAt}: it was killed or crashed, or its machine went down`,
  ],
  orphansEnded: [
    'warn',
    ({ pids }) =>
      `${plural(pids.length, 'process', 'processes')} of a dead primary ended: ${pids.join(', ')}`,
  ],
  recordSlow: ['warn', ({ process, id, seconds }) => `${process} has had ${id} in hand for ${seconds} s`],
  workerHung: [
    'error',
    ({ process, pid, id, stack }) =>
      `${process} is over its time${id ? ` with ${id}` : ''} and is killed, pid ${pid}${stack ? `; it was stuck here:\n${stack}` : ''}`,
  ],
  liveRecordsLost: [
    'error',
    ({ records, at }) =>
      `the primary of an earlier run died, and a live source cannot be read again: ${plural(records, 'record')} in flight at ${at}, and what was read after that, may be lost`,
  ],
  leftoversDiscarded: [
    'warn',
    ({ queue, batches }) =>
      `${plural(batches, 'message')} of an earlier run left in the ${queue}-queue, discarded`,
  ],
  recordRetried: [
    'warn',
    ({ id, attempt, inMs, error }) =>
      `${id} failed in attempt ${attempt}, again in ${Math.round(inMs)} ms: ${error}`,
  ],
  recordDeadLettered: [
    'error',
    ({ id, attempts, error, to }) =>
      `${id} given up after ${plural(attempts, 'attempt')}: ${error}; kept in ${to}`,
  ],
  deadLettersNearBound: [
    'warn',
    ({ file, letters, bound, reached, limit }) =>
      bound === 'size'
        ? `${file} with ${plural(letters, 'dead letter')} is at ${percent(reached / limit)} of \`deadLetter.maxSize\` (${formatSize(limit)}), where the oldest are thrown away; replay or drop some, or raise it`
        : `the oldest of ${plural(letters, 'dead letter')} in ${file} is at ${percent(reached / limit)} of \`deadLetter.maxAge\` (${hours(limit)}), where it is thrown away; replay or drop it, or raise that`,
  ],
  deadLettersExpired: [
    'error',
    ({ file, letters, why }) =>
      `${plural(letters, 'dead letter')} thrown away: ${why === 'size' ? `${file} had reached its \`deadLetter.maxSize\`` : `older than \`deadLetter.maxAge\`, in ${file}`}`,
  ],
  deadLettersNotTrimmed: [
    'warn',
    ({ file, error }) =>
      `${file} is past its bounds and cannot be written anew: ${error}; nothing is lost, and it is tried again in a minute`,
  ],
  progressed: [
    'info',
    ({ read, settled, perSecond, fraction }) =>
      `${settled} of ${read} read records settled, ${Math.round(perSecond)}/s${fraction === null ? '' : `, ${(fraction * 100).toFixed(1)} % of the source read`}`,
  ],
  reloading: ['info', ({ why }) => `${why}: the workers are restarted one after another, with new code`],
  reloaded: ['info', ({ seconds }) => `every worker was restarted, in ${seconds.toFixed(1)} s`],
  reloadFailed: ['error', ({ error }) => `the workers were not all restarted: ${error}`],
  stoodStill: [
    'error',
    ({ why }) => `${why}; if it stays so, the watchdog of systemd starts this pipeline again`,
  ],
  notifyFailed: [
    'warn',
    ({ reason }) =>
      `systemd cannot be told how this pipeline is: ${reason}; install the optional package node-unix-socket, or the command systemd-notify`,
  ],
  pipelineFailed: ['error', ({ error }) => error],
  finished: ['info', ({ summary }) => accountText(summary)],
}

/** What became of the records that a process had when it left as planned. */
function leftText({ handedOn, returned = 0 }: Pick<RestartReport, 'handedOn' | 'returned'>): string {
  const handed = handedOn > 0 ? `, ${plural(handedOn, 'record')} handed to others` : ''
  return returned > 0 ? `${handed}, ${plural(returned, 'record')} done twice` : handed
}

/** The account as one sentence. */
function accountText(summary: EventOf<'finished'>['summary']): string {
  const { outcome, read, delivered, dropped, deadLettered, returned, lost, retried, seconds, perSecond } =
    summary
  const fate = lost > 0 ? ' (lost, because a live source cannot be read again)' : ''
  return `${outcome}: read ${read} = delivered ${delivered} + dropped ${dropped} + dead-lettered ${deadLettered} + returned ${returned}${fate}; ${plural(retried, 'retry', 'retries')}, ${seconds.toFixed(2)} s, ${Math.round(perSecond)}/s`
}

/** Where log lines go: stderr, as NDJSON, or pretty when a person is watching. */
export async function logDestination(pretty: boolean): Promise<Writable> {
  if (!pretty) return pino.destination({ dest: 2, sync: true }) as unknown as Writable
  const { default: prettyPrint } = await import('pino-pretty')
  return prettyPrint({
    destination: 2,
    sync: true,
    ignore: 'pid,hostname,pipeline,event,role,worker,process',
    messageFormat: (log, messageKey) => `${log.process ?? log.pipeline} ${log[messageKey]}`,
    translateTime: 'SYS:HH:MM:ss.l',
  })
}

/** @param role of this process, which leads others */
export function primaryLogger(
  name: string,
  level: LogLevel,
  destination: Writable,
  role: 'primary' | 'outpost' = 'primary',
): Logger {
  return pino({ level, base: { pipeline: name, role, process: role, pid: process.pid } }, destination)
}

/**
 * A listener that writes every event to the log.
 *
 * @param pretty a person reads it, to whom the sentence says all that the fields do
 */
export const logEvents =
  (log: Logger, pretty = false): EventListener =>
  (event) => {
    const { level, text } = sentenceOf(event)
    log[level](pretty ? {} : fieldsOf(event), text)
  }

/** How an event reads. */
export function sentenceOf(event: PipelineEvent): { readonly level: Level; readonly text: string } {
  const [level, say] = wording[event.type] as readonly [Level, (event: PipelineEvent) => string]
  const planned = 'planned' in event && event.planned
  return { level: planned ? 'debug' : level, text: say(event) }
}

/** Writes how many failures of one kind had no line of their own. */
export const logOmitted =
  (log: Logger, pretty = false): ((omitted: Omitted) => void) =>
  (omitted) => {
    const { level, text } = sentenceOfOmitted(omitted)
    log[level](pretty ? {} : { more: omitted.more, last: fieldsOf(omitted.last) }, text)
  }

/** How failures read that are only counted. */
export function sentenceOfOmitted({ more, last }: Omitted): ReturnType<typeof sentenceOf> {
  const { level, text } = sentenceOf(last)
  const many =
    last.type === 'recordRetried'
      ? plural(more, 'more failed attempt')
      : plural(more, 'more record given up', 'more records given up')
  return { level, text: `${many} in the last second, the last: ${text}` }
}

/** An event's fields in the log, where `process` and `pid` are those of whoever writes the line. */
function fieldsOf(event: PipelineEvent): object {
  const { type, ...fields } = event
  const { process, pid, ...rest } = { process: undefined, pid: undefined, ...fields }
  return { event: type, ...(process && { child: process, childPid: pid }), ...rest, ...exitField(event) }
}

/** What a process said last is in the log already. */
function exitField(event: PipelineEvent): object {
  if (event.type !== 'processExited') return {}
  const { lastLines: _, ...exit } = event.exit
  return { exit }
}

const plural = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`

const percent = (share: number) => `${Math.floor(share * 100)} %`

const hours = (ms: number) => `${(ms / 3_600_000).toFixed(1)} h`
