import { MillraceError, messageOf } from '../../errors.js'
import { type Bus, subjectsOf } from '../../join/bus.js'
import { encodePacket, OWN_CHANNEL } from '../../join/packet.js'
import { type Farewell, type Hello, helloIn, LONGEST_ERROR, PROTOCOL } from '../../join/words.js'
import type { Clock } from '../../model/clock.js'
import type { ProcessId } from '../../model/role.js'
import type { EventListener, Parting } from '../../telemetry/events.js'
import { asMillraceError } from '../cause.js'
import type { LifeCycle } from '../life-cycle.js'
import type { Forked, Lost } from '../processes/fork.js'
import type { Supervisor } from '../processes/supervisor.js'
import type { Place } from '../topology.js'
import { DistantProcess } from './distant-process.js'
import { blameless, Machine } from './machine.js'

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
  /** It has asked to leave, and nothing is held against it any more. */
  leaves: boolean
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
      machine.end({ type: 'over', outcome, failed }, blameless('the pipeline has ended'))
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
    const refusal = refusalOf(hello, version, life) ?? this.#tooMany(hello)
    if (refusal) this.#refuse(bus, hello, refusal)
    else void this.#take(bus, hello)
  }

  #tooMany({ workers }: Hello): Farewell | undefined {
    const machines = [...this.#joined.values()]
    const lent = machines.reduce((sum, { places }) => sum + places.length, 0)
    if (machines.length >= MOST) return notNow(`${MOST} machines have joined already`)
    if (lent + workers <= MOST_ELSEWHERE) return undefined
    return notNow(`${lent} workers are elsewhere already, and ${MOST_ELSEWHERE} at the most may be`)
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
      lost: (lost) => this.#lose(joined, lost),
      gone: () =>
        this.#end(joined, { type: 'released' }, { how: 'left', lost: blameless('it was ended at once') }),
      unfit: (error) => this.#dismiss(joined, error),
      leaves: () => void this.#release(joined),
    })
    const joined: Joined = { id, machine, places, leaves: false }
    this.#joined.set(id, joined)
    emit({ type: 'machineJoined', host, hostPid: pid, workers: idsOf(joined) })
    try {
      await admit(places)
    } catch (error) {
      // It may have been lost or asked to leave meanwhile, or the pipeline ends, which it will be told.
      const takesPart = this.#joined.get(id) === joined && !joined.leaves
      if (takesPart && this.#parts.life.phase === 'running') this.#dismiss(joined, asMillraceError(error))
    }
  }

  /** Its records go to others, and nobody takes its places. */
  #lose(joined: Joined, lost: Lost): void {
    this.#end(joined, { type: 'forgotten', why: lost.why }, { how: 'lost', lost })
  }

  #dismiss(joined: Joined, error: MillraceError): void {
    const why = messageOf(error)
    // That its workers are not ready is all that is known here; over there somebody has to mend why.
    const { code } = error.cause instanceof MillraceError ? error.cause : error
    const farewell: Farewell = { type: 'dismissed', code, message: why.slice(0, LONGEST_ERROR) }
    this.#end(joined, farewell, { how: 'dismissed', lost: blameless(why) })
  }

  /** Has its workers finish what they have begun; then it may go. */
  async #release(joined: Joined): Promise<void> {
    joined.leaves = true
    const drained = await this.#parts.release(idsOf(joined)).then(
      () => true,
      () => false,
    )
    const farewell: Farewell = drained
      ? { type: 'released' }
      : { type: 'forgotten', why: 'its workers could not finish what they had begun' }
    this.#end(joined, farewell, { how: 'left', lost: blameless('it was asked to leave') })
  }

  /** @param lost what is said of processes that it still has */
  #end(joined: Joined, farewell: Farewell, { how, lost }: { how: Parting; lost: Lost }): void {
    if (this.#joined.get(joined.id) !== joined) return
    const { machine, id } = joined
    const workers = idsOf(joined)
    this.#joined.delete(id)
    this.#parts.supervisor().forsake(workers)
    const { host, pid: hostPid } = machine
    this.#parts.emit({ type: 'machineLeft', host, hostPid, workers, how, why: lost.why })
    machine.end(farewell, lost)
  }
}

/** Machines at the most: whoever makes up hellos must not fill memory. */
const MOST = 256

/** Workers of all of them together: one primary has to lead each. */
const MOST_ELSEWHERE = 4096

const notNow = (why: string): Farewell => ({ type: 'refused', why, forGood: false })

const idsOf = ({ places }: Joined): ProcessId[] => places.map(({ id }) => id)

/** Why a machine is not taken in; undefined when it is. */
function refusalOf(hello: Hello, version: string, { phase, state }: LifeCycle): Farewell | undefined {
  if (hello.protocol !== PROTOCOL || hello.version !== version) {
    const why = `the pipeline runs millrace ${version}, and ${hello.host} has ${hello.version}; install the same version on all machines`
    return { type: 'refused', why, forGood: true }
  }
  if (phase === 'running') return undefined
  return notNow(`the pipeline is ${state}`)
}

/** A process whose machine went before it could be made. */
function lostAtOnce(why: string): Forked {
  const process = new DistantProcess({ send: () => {}, say: () => {}, broken: () => {}, ended: () => {} })
  // Those who wait for its end have not said so yet.
  setImmediate(() => process.lose(blameless(why)))
  return process
}
