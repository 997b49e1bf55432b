import fc from 'fast-check'
import t from 'tap'
import { claimLock, LOCK, type LockFolder } from '../../../src/primary/state/lock-claim.js'

/** Tells that a process has died at this step: nothing that comes after it happens. */
class Died extends Error {}

/** A folder, its names, and the processes that are at it. */
class World {
  readonly names = new Map<string, string>()
  readonly dead = new Set<string>(['before'])
  readonly holders: string[] = []

  /** Most that held the lock at one time. */
  mostHolders = 0

  /** One process's view, in which every step takes its turn with those of others, and one may be its last. */
  view(own: string, turn: () => Promise<unknown>, lastStep = Number.POSITIVE_INFINITY): LockFolder {
    let steps = 0
    const step = async <T>(what: () => T): Promise<T> => {
      await turn()
      steps += 1
      if (steps > lastStep) {
        this.dead.add(own)
        throw new Died()
      }
      return what()
    }
    const { names } = this
    return {
      own,
      read: (name) =>
        step(() => {
          const text = names.get(name)
          return text === undefined ? undefined : { text, age: 0 }
        }),
      put: (name) => step(() => !names.has(name) && names.set(name, own) !== undefined),
      replace: (name) => step(() => void names.set(name, own)),
      remove: (name) => step(() => void names.delete(name)),
    }
  }

  /** Gets the lock, holds it for some turns, gives it back, and again. */
  async contend(own: string, turn: () => Promise<unknown>, plan: Plan): Promise<void> {
    for (let round = 1; round <= plan.rounds; round++) {
      const id = `${own}, round ${round}`
      const folder = this.view(id, turn, plan.lastStep)
      const inTheWay = await claimLock(folder, ({ text }) => this.dead.has(text))
      if (inTheWay) continue
      this.holders.push(id)
      const living = this.holders.filter((holder) => !this.dead.has(holder))
      this.mostHolders = Math.max(this.mostHolders, living.length)
      await turn()
      if (plan.diesHolding) {
        this.dead.add(id)
        throw new Died()
      }
      if (plan.keeps) return
      this.holders.splice(this.holders.indexOf(id), 1)
      await folder.remove(LOCK)
    }
  }
}

interface Plan {
  readonly rounds: number
  readonly lastStep: number
  readonly diesHolding: boolean
  readonly keeps: boolean
}

const survivor: Plan = { rounds: 1, lastStep: Number.POSITIVE_INFINITY, diesHolding: false, keeps: true }

const anyPlan: fc.Arbitrary<Plan> = fc.record({
  rounds: fc.integer({ min: 1, max: 3 }),
  lastStep: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 9 })),
  diesHolding: fc.boolean(),
  keeps: fc.boolean(),
})

const turnOf = (scheduler: fc.Scheduler) => () => scheduler.schedule(Promise.resolve())

async function run(world: World, scheduler: fc.Scheduler, plans: readonly Plan[]): Promise<void> {
  const all = plans.map((plan, i) =>
    world.contend(`process ${i}`, turnOf(scheduler), plan).catch((error: unknown) => {
      if (!(error instanceof Died)) throw error
    }),
  )
  await scheduler.waitFor(Promise.all(all))
}

t.test('of many that start on a stale lock exactly one gets it, however their steps interleave', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 5 }), fc.boolean(), async (s, many, free) => {
      const world = new World()
      if (!free) world.names.set(LOCK, 'before')
      await run(world, s, Array(many).fill(survivor))
      return world.holders.length === 1 && world.names.get(LOCK) === world.holders[0]
    }),
    { numRuns: 200 },
  )
})

t.test('no two hold the lock at a time, whoever dies or gives it back at whatever step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(anyPlan, { minLength: 2, maxLength: 5 }), async (s, plans) => {
      const world = new World()
      world.names.set(LOCK, 'before')
      await run(world, s, plans)
      return world.mostHolders <= 1
    }),
    { numRuns: 500 },
  )
})

t.test('whatever the dead have left behind, the next one gets the lock', async () => {
  const dying = anyPlan.filter(({ lastStep, diesHolding }) => lastStep < 9 || diesHolding)
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(dying, { maxLength: 5 }), async (s, plans) => {
      const world = new World()
      world.names.set(LOCK, 'before')
      await run(world, s, plans)
      for (const holder of world.holders) world.dead.add(holder)
      const folder = world.view('next', async () => {})
      return (await claimLock(folder, ({ text }) => world.dead.has(text))) === undefined
    }),
    { numRuns: 200 },
  )
})
