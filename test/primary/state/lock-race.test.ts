import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { formatHolder, holderHere, thisMachine } from '../../../src/primary/state/lock-holder.js'
import { bareFork } from '../../bare-node.js'
import type { Answer, Order } from '../../fixtures/state/contend.js'
import { fixture } from '../../pipeline-run.js'

const STARTERS = 8
const ROUNDS = 60

/** A process that tries to get locks. */
class Starter {
  readonly process: ChildProcess

  constructor(t: Test) {
    this.process = fork(fixture('state/contend.ts'), bareFork(['--import', 'tsx']))
    t.teardown(() => this.process.kill('SIGKILL'))
  }

  async answer(): Promise<Answer> {
    const [answer] = await once(this.process, 'message')
    return answer as Answer
  }

  ask(order: Order): Promise<Answer> {
    const answer = this.answer()
    this.process.send(order)
    return answer
  }
}

async function start(t: Test, many: number): Promise<readonly Starter[]> {
  const starters = Array.from({ length: many }, () => new Starter(t))
  await Promise.all(starters.map((starter) => starter.answer()))
  return starters
}

t.test(`of ${STARTERS} processes that start at once on a stale lock exactly one gets it`, async (t) => {
  const folder = t.testdir({})
  const starters = await start(t, STARTERS)
  const ended = spawnSync('true').pid
  const winners = new Set<Starter>()
  for (let round = 1; round <= ROUNDS; round++) {
    writeFileSync(join(folder, 'lock'), formatHolder({ ...holderHere(thisMachine()), pid: ended }))
    const answers = await Promise.all(starters.map((starter) => starter.ask({ take: folder })))
    const won = starters.filter((_, i) => answers[i] === 'won')
    t.equal(won.length, 1, `round ${round}`)
    t.equal(
      answers.filter((answer) => typeof answer === 'object' && answer.refused === 'state_in_use').length,
      7,
    )
    t.match(readFileSync(join(folder, 'lock'), 'utf8'), `"pid": ${won[0]!.process.pid},`)
    winners.add(won[0]!)
    await won[0]!.ask('release')
    t.same(readdirSync(folder), [])
  }
  t.comment(`${winners.size} of them won at least once`)
})

t.test('a lock left by SIGKILL is taken over at the next start', async (t) => {
  const folder = t.testdir({})
  const [first, second] = await start(t, 2)
  t.equal(await first!.ask({ take: folder }), 'won')
  t.same(await second!.ask({ take: folder }), { refused: 'state_in_use' })
  const killed = once(first!.process, 'exit')
  first!.process.kill('SIGKILL')
  await killed
  t.equal(await second!.ask({ take: folder }), 'won')
})

t.test('a process that ends without giving its lock back is not kept alive by it', async (t) => {
  const folder = t.testdir({})
  const [starter] = await start(t, 1)
  t.equal(await starter!.ask({ take: folder }), 'won')
  const ended = once(starter!.process, 'exit')
  starter!.process.disconnect()
  t.same(await ended, [0, null])
})
