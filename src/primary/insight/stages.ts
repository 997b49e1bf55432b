import type { StageShares, Stages } from '../../model/status.js'
import type { LoadGrowth } from './load.js'

/** How the stages divided up their time while a load grew so much. */
export function stagesOf({ ms, of }: LoadGrowth, delivers: boolean): Stages {
  return {
    writer: sharesOf(of.writerBusy / ms, of.writerBlocked / ms),
    workers: sharesOf(of.workersBusy / of.workers, of.workersBlocked / of.workers),
    sender: delivers ? sharesOf(of.senderBusy / ms, of.senderBlocked / ms) : null,
  }
}

/** Whoever is at work is not blocked meanwhile, whatever else it waits for. */
export function sharesOf(busy: number, blocked: number): StageShares {
  const atWork = thousandths(busy)
  const stuck = Math.min(thousandths(blocked), 1000 - atWork)
  return { busy: atWork / 1000, idle: (1000 - atWork - stuck) / 1000, blocked: stuck / 1000 }
}

/** A share of no time at all is none. */
const thousandths = (share: number): number =>
  Number.isFinite(share) ? Math.min(1000, Math.max(0, Math.round(share * 1000))) : 0
