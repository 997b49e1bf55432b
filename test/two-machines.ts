import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { OutpostEvent } from '../src/outpost/report.js'
import { findNatsServer, NatsServer } from './nats-server.js'
import { fixture, linesIn, linesOf, PipelineRun, type RunOptions } from './pipeline-run.js'
import { eventually } from './processes.js'
import { temporaryFolder } from './temporary-folder.js'

const found = await findNatsServer()

/** Why there cannot be two machines here, if so. */
export const skip = 'missing' in found && found.missing

/** Milliseconds for what should take far less; a busy machine gets them. */
const LONG = 60_000

/** Two machines and a server between them: one runs a pipeline with one worker, the other lends it two. */
export class TwoMachines {
  readonly url: string
  readonly server: NatsServer
  readonly folder: string
  readonly #t: Test
  readonly #records: number

  static async make(t: Test, records = 3000): Promise<TwoMachines> {
    const server = await NatsServer.start('path' in found ? found.path : '')
    t.teardown(() => server.end())
    return new TwoMachines(t, server, records)
  }

  private constructor(t: Test, server: NatsServer, records: number) {
    this.#t = t
    this.#records = records
    this.server = server
    this.url = `nats://${server.transport.servers[0]}`
    this.folder = temporaryFolder(t)
  }

  /** Nobody works on anything before the gate is open. */
  run(...more: string[]): PipelineRun {
    const args = [
      ...['--name', 'mill', '--from', `count:${this.#records}`, '--to', 'file:out.txt', '--workers', '1'],
      ...['--transport', this.url, '--checkpoint-every', '50ms', '--in-queue', '500', '--out-queue', '500'],
      ...['--worker', WORKER, ...more],
    ]
    return this.#start({ folder: this.folder }, args)
  }

  join(...more: string[]): PipelineRun {
    const args = [this.url, '--name', 'mill', '--workers', '2', '--worker', WORKER, ...more]
    return this.#start({ command: 'join' }, args)
  }

  #start(options: RunOptions, args: readonly string[]): PipelineRun {
    return new PipelineRun(this.#t, args, { ...options, env: { TAKES_MS: '1', GATE: this.#gate } })
  }

  get #gate(): string {
    return join(this.folder, 'gate')
  }

  openGate(): void {
    writeFileSync(this.#gate, '')
  }

  /** For workers that start from now on. */
  shutGate(): void {
    rmSync(this.#gate)
  }

  /** Who has worked on the results that are written. */
  get signatures(): string[] {
    const path = join(this.folder, 'out.txt')
    return existsSync(path) ? linesOf(readFileSync(path, 'utf8')).map((line) => line.split(' ')[1] ?? '') : []
  }

  async untilSignedBy(worker: string, times: number): Promise<void> {
    const signed = () => this.signatures.filter((index) => index === worker).length >= times
    this.#t.ok(await eventually(signed, LONG), `worker:${worker} has done ${times}`)
  }

  /** Sees the run end well, with every record in the file once. */
  async expectAllOnce(run: PipelineRun): Promise<void> {
    this.#t.match(await run.ended, { code: 0 }, run.said)
    const numbers = linesIn(join(this.folder, 'out.txt')).map((line) => Number(line.split(' ')[0]))
    this.#t.equal(numbers.length, this.#records, 'no line too many, and none missing')
    this.#t.equal(new Set(numbers).size, this.#records, 'none is there twice')
  }
}

const WORKER = fixture('workers/sign-once-opened.mjs')

/** What an outpost has said of this. */
export const toldBy = (outpost: PipelineRun, type: OutpostEvent['type']) =>
  outpost.lines.filter(({ event }) => String(event) === type)

export const hasTold = (outpost: PipelineRun, type: OutpostEvent['type'], times = 1) =>
  outpost.until(() => toldBy(outpost, type).length >= times, type)

/** Resolves when these workers were ready; both of the first machine that joins if none are named. */
export async function ready(run: PipelineRun, ...ids: string[]): Promise<void> {
  for (const id of ids.length > 0 ? ids : ['worker:2', 'worker:3'])
    await run.event('processReady', ({ process }) => process === id)
}
