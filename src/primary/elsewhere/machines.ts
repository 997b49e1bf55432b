import { MillraceError, messageOf } from '../../errors.js'
import { type Bus, subjectsOf } from '../../join/bus.js'
import { encodePacket, OWN_CHANNEL } from '../../join/packet.js'
import { type Farewell, type Hello, helloIn, LONGEST_ERROR, PROTOCOL } from '../../join/words.js'
import type { Clock } from '../../model/clock.js'
import type { ProcessId } from '../../model/role.js'
import type { EventListener } from '../../telemetry/events.js'
import { asMillraceError } from '../cause.js'
import type { LifeCycle } from '../life-cycle.js'
import type { Forked } from '../processes/fork.js'
import type { Supervisor } from '../processes/supervisor.js'
import type { Place } from '../topology.js'
import { DistantProcess } from './distant-process.js'
import { Machine } from './machine.js'

export interface MachinesParts {
  /** The pipeline's. */
  readonly name: string
  /** millrace's own version. */
  readonly version: string
  readonly clock: Clock
  readonly life: LifeCycle
  /** Has these workers too, from when they are ready on: all of them, or none. */
  admit(places: readonly Place[]): Promise<unknown>
  /** Has them no more; they finish what they have begun. */
  release(ids: readonly ProcessId[]): Promise<unknown>
  readonly supervisor: () => Pick<Supervisor, 'forsake'>
  readonly emit: EventListener
  /** Places for so many workers on another machine. */
  placesOn(host: string, workers: number): readonly Place[]
}

/** A machine, and the places that its workers fill. */
interface Joined {
  readonly id: string
  readonly machine: Machine
  readonly places: readonly Place[]
}

/**
 * The machines that lend their cores to this pipeline. Each brings places for workers, which are filled
 * like all others for as long as it stays: only forking is done over there.
 */
export class Machines {
  readonly #parts: MachinesParts
  readonly #joined = new Map<string, Joined>()
  #bus: Bus | undefined

  constructor(parts: MachinesParts) {
    this.#parts = parts
  }

  /** Lets machines join, over this bus. */
  open(bus: Bus): void {
    this.#bus = bus
    bus.subscribe(subjectsOf(this.#parts.name).hello, (bytes) => {
      const hello = helloIn(bytes)
      if (hello) this.#greet(bus, hello)
    })
  }

  /** A process for a place on one of them. */
  fork(place: Place): Forked {
    const found = this.#at(place.id)
    return found ? found.machine.fork() : lostAtOnce(`${place.host} is gone`)
  }

  /** A place of a machine cannot be filled: that is the end of the machine's part, and not of the pipeline. */
  dismiss(place: ProcessId, error: MillraceError): void {
    const joined = this.#at(place)
    if (joined) this.#dismiss(joined, error)
    else this.#parts.supervisor().forsake([place])
  }

  /** The pipeline has ended. */
  async close(outcome: string, failed: boolean): Promise<void> {
    for (const { machine } of this.#joined.values())
      machine.end({ type: 'over', outcome, failed }, 'the pipeline has ended')
    this.#joined.clear()
    await this.#bus?.close()
    this.#bus = undefined
  }

  #at(place: ProcessId): Joined | undefined {
    return [...this.#joined.values()].find(({ places }) => places.some(({ id }) => id === place))
  }

  #greet(bus: Bus, hello: Hello): void {
    const { life, version } = this.#parts
    if (this.#joined.has(hello.id) || life.phase === 'starting') return
    const refusal = this.#joined.size < MOST ? refusalOf(hello, version, life) : full
    if (refusal) this.#refuse(bus, hello, refusal)
    else void this.#take(bus, hello)
  }

  #refuse(bus: Bus, { id }: Hello, refusal: Farewell): void {
    const body = Buffer.from(JSON.stringify(refusal))
    const packet = encodePacket({ kind: 'note', channel: OWN_CHANNEL, number: 0, body })
    bus.publish(subjectsOf(this.#parts.name).toOutpost(id), packet)
  }

  async #take(bus: Bus, hello: Hello): Promise<void> {
    const { name, clock, admit, emit, placesOn } = this.#parts
    const { id, host, pid, workers } = hello
    const places = placesOn(host, workers)
    const machine = new Machine({
      bus,
      clock,
      name,
      hello,
      lost: (why) => this.#lose(joined, why),
      unfit: (error) => this.#dismiss(joined, error),
      leaves: () => void this.#release(joined),
    })
    const joined: Joined = { id, machine, places }
    this.#joined.set(id, joined)
    emit({ type: 'machineJoined', host, hostPid: pid, workers: idsOf(joined) })
    try {
      await admit(places)
    } catch (error) {
      // It may have been lost meanwhile, or the pipeline ends, which it will be told.
      if (this.#joined.get(id) === joined && this.#takesPart) this.#dismiss(joined, asMillraceError(error))
    }
  }

  get #takesPart(): boolean {
    return this.#parts.life.phase === 'running'
  }

  /** Its records go to others, and nobody takes its places. */
  #lose(joined: Joined, why: string): void {
    this.#end(joined, { type: 'forgotten', why }, { why, lost: true })
  }

  #dismiss(joined: Joined, error: MillraceError): void {
    const why = messageOf(error)
    // That its workers are not ready is all that is known here; over there somebody has to mend why.
    const { code } = error.cause instanceof MillraceError ? error.cause : error
    const farewell: Farewell = { type: 'dismissed', code, message: why.slice(0, LONGEST_ERROR) }
    this.#end(joined, farewell, { why, lost: true })
  }

  /** Has its workers finish what they have begun; then it may go. */
  async #release(joined: Joined): Promise<void> {
    await this.#parts.release(idsOf(joined)).catch(() => {})
    this.#end(joined, { type: 'released' }, { why: 'it was asked to leave', lost: false })
  }

  #end(joined: Joined, farewell: Farewell, { why, lost }: { why: string; lost: boolean }): void {
    if (this.#joined.get(joined.id) !== joined) return
    const { machine, id } = joined
    const workers = idsOf(joined)
    this.#joined.delete(id)
    this.#parts.supervisor().forsake(workers)
    this.#parts.emit({ type: 'machineLeft', host: machine.host, hostPid: machine.pid, workers, why, lost })
    machine.end(farewell, `its machine ${machine.host}: ${why}`)
  }
}

/** Machines at the most: whoever makes up hellos must not fill memory. */
const MOST = 256

const full: Farewell = { type: 'refused', why: `${MOST} machines have joined already`, forGood: false }

const idsOf = ({ places }: Joined): ProcessId[] => places.map(({ id }) => id)

/** Why a machine is not taken in; undefined when it is. */
function refusalOf(hello: Hello, version: string, { phase, state }: LifeCycle): Farewell | undefined {
  if (hello.protocol !== PROTOCOL || hello.version !== version) {
    const why = `the pipeline runs millrace ${version}, and ${hello.host} has ${hello.version}; install the same version on all machines`
    return { type: 'refused', why, forGood: true }
  }
  if (phase === 'running') return undefined
  return { type: 'refused', why: `the pipeline is ${state}`, forGood: false }
}

/** A process whose machine went before it could be made. */
function lostAtOnce(why: string): Forked {
  const process = new DistantProcess({ send: () => {}, say: () => {}, broken: () => {}, ended: () => {} })
  // Those who wait for its end have not said so yet.
  setImmediate(() => process.lose(why))
  return process
}
