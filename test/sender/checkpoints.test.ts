import fc from 'fast-check'
import t from 'tap'
import { type Result, type Sink, SinkClosed } from '../../src/model/sink.js'
import { FakeClock } from '../fake-clock.js'
import { Outlet } from './outlet.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A sink that counts what it has, and does what it is asked for when the test lets it. */
class Tally implements Sink<unknown, number> {
  delivered = 0
  durable = 0
  delivering = false
  overlaps = 0
  /** How many turns a call takes, and whether it fails: asked before each. */
  constructor(
    readonly next: (call: 'deliver' | 'sync') => { readonly turns: number; readonly fails: boolean },
  ) {}

  async open(): Promise<void> {}

  async deliver(results: readonly Result[]): Promise<void> {
    this.delivering = true
    await this.#take('deliver').finally(() => {
      this.delivering = false
    })
    this.delivered += results.length
  }

  async sync(): Promise<number> {
    if (this.delivering) this.overlaps++
    const before = this.delivered
    await this.#take('sync')
    this.durable = before
    if (this.delivering) this.overlaps++
    return before
  }

  async #take(call: 'deliver' | 'sync'): Promise<void> {
    const { turns, fails } = this.next(call)
    for (let i = 0; i < turns; i++) await turn()
    if (fails) throw new Error(`${call} fails`)
  }
}

class TallyWithState extends Tally {
  state(): number {
    return this.delivered
  }
}

/** What the messages of a sender say about its marks. */
function marksIn(outlet: Outlet): { readonly state: number; readonly confirmed: number }[] {
  let confirmed = 0
  return outlet.link.sent.flatMap(({ kind, body }) => {
    if (kind === 'confirm')
      for (let i = 0; i < body.done.length; i += 2) confirmed += body.done[i + 1]! - body.done[i]!
    return kind === 'mark' ? [{ state: JSON.parse(body.state ?? 'null'), confirmed }] : []
  })
}

const history = {
  pieces: fc.array(
    fc.record({
      /** How many results each record of the piece has. */
      records: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
      syncAfter: fc.boolean(),
      turnsAfter: fc.nat(6),
    }),
    { minLength: 1, maxLength: 10 },
  ),
  calls: fc.array(fc.record({ turns: fc.nat(4), fails: fc.boolean() }), { minLength: 1, maxLength: 8 }),
}

for (const [has, Kind] of [
  ['sync alone', Tally],
  ['state and sync', TallyWithState],
] as const) {
  t.test(
    `with ${has}, every mark covers exactly what was confirmed before it, never half a record, and failures lose nothing`,
    async (t) => {
      await fc.assert(
        fc.asyncProperty(history.pieces, history.calls, async (pieces, calls) => {
          const clock = new FakeClock()
          let calledTimes = 0
          const sink = new Kind(() => {
            const { turns, fails } = calls[calledTimes % calls.length]!
            // Never twice in a row, so that it comes to an end.
            return { turns, fails: calledTimes++ % 2 === 0 && fails }
          })
          const outlet = await new Outlet(clock).start({ sink, batch: { size: 3, within: 0 } })
          const synced = () => outlet.link.all('synced').length
          let early = 0
          outlet.heard = ({ kind }) => {
            if (kind === 'synced' && sink.durable < marksIn(outlet).at(-1)!.state) early++
          }
          const passTurn = async () => {
            await turn()
            clock.pass(30_000)
          }
          const borders = new Set([0])
          let total = 0
          let asked = 0
          for (const { records, syncAfter, turnsAfter } of pieces) {
            const before = total
            for (const results of records) {
              total += results
              borders.add(total)
            }
            outlet.send(new Array(total - before).fill('result'))
            // One that comes while another is under way changes nothing.
            if (syncAfter && synced() === asked) asked++
            if (syncAfter) outlet.sync()
            for (let i = 0; i < turnsAfter; i++) await passTurn()
          }
          while (outlet.confirmed.length < total || synced() < asked) await passTurn()
          const marks = marksIn(outlet)
          return (
            outlet.errors.length === 0 &&
            sink.delivered === total &&
            marks.length === asked &&
            marks.every(({ state, confirmed }) => state === confirmed && borders.has(state)) &&
            early === 0 &&
            (has === 'state and sync' || sink.overlaps === 0)
          )
        }),
        { numRuns: 150 },
      )
      t.pass()
    },
  )
}

const works = { turns: 0, fails: false }

t.test('a sink that has a state is handed more while it makes durable what it had', async (t) => {
  const sink = new TallyWithState(() => works)
  let finish = () => {}
  sink.sync = () => new Promise((resolve) => (finish = () => resolve(0)))
  const outlet = await new Outlet().start({ sink, batch: undefined })
  outlet.send(['a', 'b'])
  await outlet.allConfirmed()
  outlet.sync()
  t.match(marksIn(outlet), [{ state: 2, confirmed: 2 }])
  outlet.send(['c'])
  await outlet.allConfirmed()
  t.equal(outlet.link.all('synced').length, 0)
  finish()
  await outlet.link.until(() => outlet.link.all('synced').length === 1)
})

t.test(
  'a sink without state or sync delays no checkpoint, not even in the middle of a delivery',
  async (t) => {
    const stuck: Sink = { open: async () => {}, deliver: () => new Promise(() => {}) }
    const outlet = await new Outlet().start({ sink: stuck, batch: undefined })
    outlet.send(['a'])
    outlet.sync()
    outlet.sync()
    t.same(
      outlet.link.sent.slice(1).map(({ kind, body }) => ({ kind, body })),
      ['mark', 'synced', 'mark', 'synced'].map((kind) => ({ kind, body: {} })),
    )
  },
)

t.test(
  'a checkpoint that is due begins where the next piece ends, however much more is at hand',
  async (t) => {
    const sink = new TallyWithState(() => works)
    const outlet = await new Outlet().start({ sink, batch: { size: 3, within: 0 } })
    outlet.send(['a', 'b', 'c', 'd'])
    outlet.sync()
    outlet.send(['e', 'f', 'g', 'h'])
    await outlet.allConfirmed()
    t.match(marksIn(outlet), [{ state: 4, confirmed: 4 }])
  },
)

t.test('a sink that fails at a delivery can still be synced', async (t) => {
  const sink = new TallyWithState((call) => ({ turns: 0, fails: call === 'deliver' }))
  const outlet = await new Outlet(new FakeClock()).start({ sink, batch: undefined })
  outlet.send(['a'])
  await turn()
  outlet.sync()
  await outlet.link.until(() => outlet.link.all('synced').length === 1)
  t.match(marksIn(outlet), [{ state: 0, confirmed: 0 }])
})

t.test('a sync that fails is tried again, and what is wrong is told until everything works', async (t) => {
  const failing = new Set(['deliver', 'sync'])
  const sink = new TallyWithState((call) => ({ turns: 0, fails: failing.has(call) }))
  const clock = new FakeClock()
  const outlet = await new Outlet(clock).start({ sink, batch: undefined })
  const reason = () => outlet.told.map((message) => message.type === 'blocked' && message.reason).at(-1)
  outlet.send(['a'])
  await turn()
  t.match(reason(), /deliver fails/)
  outlet.sync()
  await turn()
  t.match(reason(), /deliver fails.*; .*sync fails/)
  failing.delete('deliver')
  clock.pass(100)
  await outlet.allConfirmed()
  t.match(reason(), /^the sink cannot make results durable: sync fails$/)
  failing.delete('sync')
  clock.pass(1000)
  await outlet.link.until(() => outlet.link.all('synced').length === 1)
  t.equal(reason(), undefined)
  t.equal(outlet.link.all('mark').length, 1, 'the mark stands: a later sync covers it too')
})

t.test('a sink whose reader is gone when it is synced ends quietly', async (t) => {
  const sink = new TallyWithState(() => works)
  sink.sync = () => Promise.reject(new SinkClosed())
  const outlet = await new Outlet().start({ sink, batch: undefined })
  outlet.sync()
  await turn()
  t.same(outlet.told, [{ type: 'sinkClosed' }])
  t.same(outlet.link.all('synced'), [])
})

t.test('a stop closes the sink after the sync that is under way, and tries nothing again', async (t) => {
  const clock = new FakeClock()
  const calls: string[] = []
  let fail = () => {}
  const sink: Sink = {
    open: async () => {},
    deliver: () => {},
    sync: () => {
      calls.push('sync')
      return new Promise((_resolve, reject) => (fail = () => reject(new Error('disk full'))))
    },
    close: async () => void calls.push('close'),
  }
  const outlet = await new Outlet(clock).start({ sink, batch: undefined })
  outlet.sync()
  const stopped = outlet.loop.stop()
  await turn()
  t.same(calls, ['sync'])
  fail()
  await stopped
  clock.pass(60_000)
  await turn()
  t.same(calls, ['sync', 'close'])
})
