import type { Histogram } from '../../model/histogram.js'
import { type ProcessStatus, pipelineStates as states } from '../../model/status.js'
import { obstacles, type ProcessReadings, type Readings } from './readings.js'

export type Labels = Readonly<Record<string, string>>

/** One line of a counter or a gauge. */
export interface Sample {
  readonly labels?: Labels
  readonly value: number
}

/** One histogram, by its labels. */
export interface HistogramSample {
  readonly labels?: Labels
  readonly histogram: Histogram
}

/**
 * A metric: what it is called, what it means, and how it is read.
 *
 * A label has few values that are known beforehand, or the name of a place such as `worker:3`: never
 * a pid or an id.
 */
export type Metric = {
  readonly name: string
  readonly labels: readonly string[]
  /** A sentence, without the full stop. */
  readonly help: string
} & (
  | { readonly type: 'counter' | 'gauge'; readonly read: (readings: Readings) => readonly Sample[] }
  | { readonly type: 'histogram'; readonly read: (readings: Readings) => readonly HistogramSample[] }
)

const ofProcess = ['process', 'role'] as const
const labelsOf = ({ id, role }: Pick<ProcessReadings, 'id' | 'role'>): Labels => ({ process: id, role })

const one = (value: number | boolean): Sample[] => [{ value: Number(value) }]

/** Nothing, where nothing is known. */
const ifKnown = (value: number | null | undefined): Sample[] => (value == null ? [] : [{ value }])

const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000)

const ofQueues = (read: (queue: 'in' | 'out', readings: Readings) => number) => (readings: Readings) =>
  (['in', 'out'] as const).map((queue) => ({ labels: { queue }, value: read(queue, readings) }))

const ofEachProcess =
  (read: (process: ProcessStatus, readings: Readings) => number) =>
  (readings: Readings): Sample[] =>
    readings.status.processes.map((process) => ({
      labels: labelsOf(process),
      value: read(process, readings),
    }))

/** Of those who say what they have done; the writer's work shows in what was read. */
const ofEachAtWork = (read: Parameters<typeof ofEachProcess>[0]) => (readings: Readings) =>
  ofEachProcess(read)(readings).filter(({ labels }) => labels?.role !== 'writer')

/** Of the primary too; without those of which it is not known. */
const ofEachWhere =
  (read: (process: ProcessReadings, readings: Readings) => number | null | undefined) =>
  (readings: Readings): Sample[] =>
    [readings.primary, ...readings.status.processes].flatMap((process) =>
      ifKnown(read(process, readings)).map(({ value }) => ({ labels: labelsOf(process), value })),
    )

/** Every metric, in the order of the documentation: `docs/metrics.md` and `/metrics` are made of this. */
export const metrics: readonly Metric[] = [
  {
    name: 'millrace_build_info',
    type: 'gauge',
    labels: ['version', 'node', 'transport'],
    help: 'Always 1; what runs, in its labels',
    read: ({ status: { version, transport } }) => [
      { labels: { version, node: process.version, transport }, value: 1 },
    ],
  },
  {
    name: 'millrace_start_time_seconds',
    type: 'gauge',
    labels: [],
    help: 'When the pipeline was started, in seconds since 1970',
    read: ({ startedAt }) => one(startedAt / 1000),
  },
  {
    name: 'millrace_pipeline_state',
    type: 'gauge',
    labels: ['state'],
    help: `1 for the state that the pipeline is in, 0 for the others: ${states.join(', ')}`,
    read: ({ status }) =>
      states.map((state) => ({ labels: { state }, value: Number(state === status.state) })),
  },
  {
    name: 'millrace_pipeline_healthy',
    type: 'gauge',
    labels: [],
    help: '1 while there is progress or nothing to do, as `/healthz` has it; else 0',
    read: ({ health }) => one(health.ok),
  },
  {
    name: 'millrace_pipeline_ready',
    type: 'gauge',
    labels: [],
    help: '1 while the pipeline takes part in the work, as `/readyz` has it; else 0',
    read: ({ ready }) => one(ready.ok),
  },
  {
    name: 'millrace_pipeline_blocked',
    type: 'gauge',
    labels: ['by'],
    help: `1 while this keeps the pipeline from moving: ${obstacles.join(', ')}`,
    read: ({ blockedBy }) => obstacles.map((by) => ({ labels: { by }, value: Number(blockedBy.has(by)) })),
  },
  {
    name: 'millrace_records_read_total',
    type: 'counter',
    labels: [],
    help: 'Records read in this run',
    read: ({ status }) => one(status.counters.read),
  },
  {
    name: 'millrace_records_settled_total',
    type: 'counter',
    labels: ['outcome'],
    help: 'Records settled in this run: delivered, dropped or dead_lettered',
    read: ({ status: { counters } }) => [
      { labels: { outcome: 'delivered' }, value: counters.delivered },
      { labels: { outcome: 'dropped' }, value: counters.dropped },
      { labels: { outcome: 'dead_lettered' }, value: counters.deadLettered },
    ],
  },
  {
    name: 'millrace_retries_total',
    type: 'counter',
    labels: [],
    help: 'Attempts at a record that failed and are made again',
    read: ({ status }) => one(status.counters.retried),
  },
  {
    name: 'millrace_results_delivered_total',
    type: 'counter',
    labels: [],
    help: 'Results that the sink confirmed; a record may have any number of them',
    read: ({ status }) => one(status.counters.results),
  },
  {
    name: 'millrace_records_in_flight',
    type: 'gauge',
    labels: [],
    help: 'Records read and not yet settled',
    read: ({ status }) => one(status.counters.inFlight),
  },
  {
    name: 'millrace_records_waiting_for_retry',
    type: 'gauge',
    labels: [],
    help: 'Records that wait for their next attempt; they are in flight, and in no queue',
    read: ({ status }) => one(status.counters.waitingForRetry),
  },
  {
    name: 'millrace_dead_letters',
    type: 'gauge',
    labels: [],
    help: 'Dead letters that there are, of all runs',
    read: ({ status }) => one(status.deadLetters),
  },
  {
    name: 'millrace_quiet_seconds',
    type: 'gauge',
    labels: [],
    help: 'Time since something was settled, or since there is something to settle; 0 while there is nothing',
    read: ({ quietSeconds }) => one(quietSeconds ?? 0),
  },
  {
    name: 'millrace_oldest_in_hand_seconds',
    type: 'gauge',
    labels: [],
    help: 'How long a worker has had the record that it has had for longest; 0 when none has any',
    read: ({ status }) => one(status.oldestUnsettled?.ageSeconds ?? 0),
  },
  {
    name: 'millrace_queue_records',
    type: 'gauge',
    labels: ['queue'],
    help: 'Records in the queue, those lent from it included: in, or out',
    read: ofQueues((queue, { status }) => status.queues[queue].size),
  },
  {
    name: 'millrace_queue_records_limit',
    type: 'gauge',
    labels: ['queue'],
    help: 'Records that the queue holds; 0 for an out-queue that there is not',
    read: ofQueues((queue, { status }) => status.queues[queue].capacity),
  },
  {
    name: 'millrace_queue_bytes',
    type: 'gauge',
    labels: ['queue'],
    help: 'Bytes in the queue, those lent from it included',
    read: ofQueues((queue, { status }) => status.queues[queue].bytes),
  },
  {
    name: 'millrace_queue_bytes_limit',
    type: 'gauge',
    labels: ['queue'],
    help: 'Bytes that the queue holds; 0 for an out-queue that there is not',
    read: ofQueues((queue, { status, queueBytes }) => (status.queues[queue].capacity > 0 ? queueBytes : 0)),
  },
  {
    name: 'millrace_batch_records',
    type: 'histogram',
    labels: ['hop'],
    help: 'Records moved at once: read by the writer, lent to a worker; results reported by a worker, delivering by the sender',
    read: ({ flow }) =>
      Object.entries(flow.batches).map(([hop, histogram]) => ({ labels: { hop }, histogram })),
  },
  {
    name: 'millrace_queue_wait_seconds',
    type: 'histogram',
    labels: [],
    help: 'From reading a record to lending it to a worker; one that comes back untouched counts again',
    read: ({ flow }) => [{ histogram: flow.queueWait }],
  },
  {
    name: 'millrace_handler_seconds',
    type: 'histogram',
    labels: [],
    help: 'Time of the handler for a record; fast ones are averaged over 0.2 ms, or stand for their neighbours',
    read: ({ flow }) => [{ histogram: flow.handler }],
  },
  {
    name: 'millrace_end_to_end_seconds',
    type: 'histogram',
    labels: [],
    help: 'From reading a delivered record to delivery, by the oldest record of its batch of results',
    read: ({ flow }) => [{ histogram: flow.endToEnd }],
  },
  {
    name: 'millrace_source_lag_records',
    type: 'gauge',
    labels: [],
    help: 'Records that the source has and that are not read yet; absent where it does not say',
    read: ({ status }) => ifKnown(status.source.lag),
  },
  {
    name: 'millrace_source_read_ratio',
    type: 'gauge',
    labels: [],
    help: 'Share of a finite source that is read, 0 to 1; absent where it does not say',
    read: ({ status }) => ifKnown(status.source.fraction),
  },
  {
    name: 'millrace_checkpoint_age_seconds',
    type: 'gauge',
    labels: [],
    help: 'Age of the last checkpoint, or of the run before its first; absent in a run that takes none',
    read: ({ status, checkpoints }) =>
      ifKnown(checkpoints && (status.checkpoint?.ageSeconds ?? status.uptimeSeconds)),
  },
  {
    name: 'millrace_checkpoint_pending',
    type: 'gauge',
    labels: [],
    help: '1 while something has happened that the last checkpoint does not have; absent in a run that takes none',
    read: ({ checkpoints }) => ifKnown(checkpoints && Number(checkpoints.pending)),
  },
  {
    name: 'millrace_checkpoint_interval_seconds',
    type: 'gauge',
    labels: [],
    help: 'Time between two checkpoints, as configured; absent in a run that takes none',
    read: ({ checkpoints }) => ifKnown(checkpoints && checkpoints.everyMs / 1000),
  },
  {
    name: 'millrace_restarts_total',
    type: 'counter',
    labels: ['role', 'cause'],
    help: 'Processes replaced, by why: crash; timeout or memory, of which they were over the limit; planned; recycle',
    read: ({ restarts }) =>
      restarts.map(({ role, cause, count }) => ({ labels: { role, cause }, value: count })),
  },
  {
    name: 'millrace_process_restart_budget_left',
    type: 'gauge',
    labels: ofProcess,
    help: 'Restarts that this process has left within `restart.period`; one more ends the pipeline',
    read: ofEachProcess(({ restartBudgetLeft }) => restartBudgetLeft),
  },
  {
    name: 'millrace_process_restart_budget_limit',
    type: 'gauge',
    labels: ofProcess,
    help: 'Restarts that it has in all: `restart.intensity`',
    read: ofEachProcess((_, { restartIntensity }) => restartIntensity),
  },
  {
    name: 'millrace_process_ready',
    type: 'gauge',
    labels: ofProcess,
    help: '1 while this process is ready; 0 while it starts, drains, has ended or waits to be restarted',
    read: ofEachProcess(({ state }) => Number(state === 'ready')),
  },
  {
    name: 'millrace_process_records_total',
    type: 'counter',
    labels: ofProcess,
    help: 'Records that a worker, or results that the sender, has worked off',
    read: ofEachAtWork(({ handled }) => handled),
  },
  {
    name: 'millrace_process_busy_seconds_total',
    type: 'counter',
    labels: ofProcess,
    help: 'Time that a worker or the sender was at work, or waited for what it had begun',
    read: ofEachAtWork(({ id }, { busyMs }) => (busyMs.get(id) ?? 0) / 1000),
  },
  {
    name: 'millrace_process_in_hand_records',
    type: 'gauge',
    labels: ofProcess,
    help: 'Records lent to it and not yet reported finished',
    read: ofEachProcess(({ inHand }) => inHand),
  },
  {
    name: 'millrace_process_credit_records',
    type: 'gauge',
    labels: ofProcess,
    help: 'Records that it may be lent; of the writer, that it may send',
    read: ofEachProcess(({ credit }) => credit),
  },
  {
    name: 'millrace_process_cpu_seconds_total',
    type: 'counter',
    labels: ofProcess,
    help: 'Processor time that it used; begins anew with the process that replaces it',
    read: ofEachWhere(({ id }, { cpuMs }) => inSeconds(cpuMs.get(id))),
  },
  {
    name: 'millrace_process_resident_memory_bytes',
    type: 'gauge',
    labels: ofProcess,
    help: 'Resident memory',
    read: ofEachWhere(({ rss }) => rss),
  },
  {
    name: 'millrace_process_event_loop_utilization_ratio',
    type: 'gauge',
    labels: ofProcess,
    help: 'Share of the last few seconds that its event loop was busy, 0 to 1',
    read: ofEachWhere(({ eventLoop }) => eventLoop?.utilization),
  },
  {
    name: 'millrace_process_event_loop_delay_seconds',
    type: 'gauge',
    labels: ofProcess,
    help: 'How late its timers were in the last few seconds',
    read: ofEachWhere(({ eventLoop }) => eventLoop && eventLoop.delayMs / 1000),
  },
  {
    name: 'millrace_shared_memory_slots_in_use',
    type: 'gauge',
    labels: [],
    help: 'Slots of 1 MiB of the shared memory that hold a payload, or may be filled with one; absent where there is no such memory',
    read: ({ slots }) => ifKnown(slots?.inUse),
  },
  {
    name: 'millrace_shared_memory_slots_limit',
    type: 'gauge',
    labels: [],
    help: 'Slots that there may be; what finds none goes over sockets, which is slower',
    read: ({ slots }) => ifKnown(slots?.most),
  },
  {
    name: 'millrace_state_dir_free_bytes',
    type: 'gauge',
    labels: [],
    help: 'Free space of the file system of `stateDir`; absent while there is no such folder',
    read: ({ disk }) => ifKnown(disk?.freeBytes),
  },
  {
    name: 'millrace_state_dir_size_bytes',
    type: 'gauge',
    labels: [],
    help: 'Size of that file system',
    read: ({ disk }) => ifKnown(disk?.sizeBytes),
  },
]
