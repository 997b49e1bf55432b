import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'
import { askStatus } from '../src/control/client.js'
import { entriesIn } from '../src/control/registry.js'
import type { StatusReport } from '../src/model/status.js'
import type { EventOf, PipelineRun } from './pipeline-run.js'

/** Milliseconds between two questions. */
const ASK_EVERY = 20

/** Milliseconds in which a pipeline that can go on does. */
const REST = 200

/** How a running pipeline says it is, asked through its control socket as `millrace status` does. */
export async function statusOf(run: PipelineRun): Promise<StatusReport> {
  const entry = entriesIn([join(run.folder, 'millrace')]).find(({ pid }) => pid === run.pid)
  if (!entry) throw new Error(`the pipeline is not registered:\n${run.said}`)
  return await askStatus(entry)
}

/** Asks until the answer is as wanted. The pipeline is expected to live that long. */
export async function statusUntil(
  run: PipelineRun,
  wanted: (status: StatusReport) => boolean,
): Promise<StatusReport> {
  for (;;) {
    const status = await statusOf(run)
    if (wanted(status)) return status
    await sleep(ASK_EVERY)
  }
}

/** Asks until nothing has changed in between: what could be done for now is done. */
export async function atRest(run: PipelineRun): Promise<StatusReport> {
  for (let last = await statusOf(run); ; ) {
    await sleep(REST)
    const next = await statusOf(run)
    if (isDeepStrictEqual(whereRecordsAre(next), whereRecordsAre(last))) return next
    last = next
  }
}

/** Kills a child while records are in flight, and for all but the writer in its own hand. */
export async function killInFlight(
  t: Test,
  run: PipelineRun,
  place: string,
): Promise<EventOf<'processExited'>> {
  await run.event('pipelineStarted')
  const { counters } = await statusUntil(run, ({ counters, processes }) => {
    const child = processes.find(({ id }) => id === place)
    const busy = place === 'writer' || (child?.inHand ?? 0) > 0
    return child?.state === 'ready' && busy && counters.inFlight > 0
  })
  const pid = run.pidOf(place)
  process.kill(pid, 'SIGKILL')
  t.ok(counters.inFlight > 0, `${place} is killed while ${counters.inFlight} records are in flight`)
  return await run.event('processExited', (exit) => exit.pid === pid)
}

/** Of a queue, how long it has been so changes even where nothing else does. */
const whereRecordsAre = ({ counters, queues: { in: inQueue, out: outQueue } }: StatusReport) => [
  counters,
  ...[inQueue, outQueue].map(({ size, bytes }) => ({ size, bytes })),
]
