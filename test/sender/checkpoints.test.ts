import fc from 'fast-check'
import t from 'tap'
import { placesIn } from '../../src/model/pairs.js'
import { type Result, type Sink, SinkClosed } from '../../src/model/sink.js'
import { FakeClock } from '../fake-clock.js'
import { Outlet } from './outlet.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A sink that keeps what it is handed, and does what it is asked for when the test lets it. */
class Journal implements Sink<unknown, number> {
  readonly content: unknown[] = []
  durable = 0
  readonly opened: unknown[] = []
  readonly #under = { deliver: false, sync: false }
  overlaps = 0
  /** How many turns a call takes, and whether it fails: asked before each. */
  constructor(
    readonly next: (call: 'deliver' | 'sync') => { readonly turns: number; readonly fails: boolean },
  ) {}

  async open(state: number | undefined): Promise<void> {
    this.opened.push(state)
  }

  async deliver(results: readonly Result[]): Promise<void> {
    await this.#take('deliver')
    this.content.push(...results.map(({ value }) => value))
  }

  async sync(): Promise<number> {
    const covered = this.content.length
    await this.#take('sync')
    this.durable = covered
    return covered
  }

  async #take(call: 'deliver' | 'sync'): Promise<void> {
    const { turns, fails } = this.next(call)
    this.#under[call] = true
    if (this.#under.deliver && this.#under.sync) this.overlaps++
    for (let i = 0; i < turns; i++) await turn()
    this.#under[call] = false
    if (fails) throw new Error(`${call} fails`)
  }
}

class JournalWithState extends Journal {
  state(): number {
    return this.content.length
  }
}

const stateOf = ({ state }: { readonly state?: string }): number => JSON.parse(state ?? 'null')

/** What the messages of a sender say about its marks. */
function marksIn(outlet: Outlet): { readonly state: number; readonly confirmed: number }[] {
  let confirmed = 0
  return outlet.link.sent.flatMap(({ kind, body }) => {
    if (kind === 'confirm') confirmed += [...placesIn(body.done)].length
    return kind === 'mark' ? [{ state: stateOf(body), confirmed }] : []
  })
}

/** What a sink would hold in the end if its sender died now: its successor cuts back, and is handed the rest. */
function afterTakeover({ content }: Journal, state: number, confirmed: readonly number[], sent: number) {
  const settled = new Set(confirmed)
  const again = Array.from({ length: sent }, (_, place) => place).filter((place) => !settled.has(place))
  return [...content.slice(0, state), ...again]
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
  ['sync alone', Journal],
  ['state and sync', JournalWithState],
] as const) {
  t.test(
    `with ${has}, every mark covers exactly what was confirmed before it, never half a record, and a new sender doubles and loses nothing, whenever it takes over`,
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
          const passTurn = async () => {
            await turn()
            clock.pass(30_000)
          }
          const outlet = new Outlet(clock)
          const synced = () => outlet.link.all('synced').length
          const wrong: string[] = []
          let state: number | undefined
          let total = 0
          outlet.heard = ({ kind, body }) => {
            if (kind === 'ready' || kind === 'confirm') state = stateOf(body)
            if (kind === 'confirm' && has === 'sync alone' && sink.durable < state!) wrong.push('not durable')
            if (kind === 'synced' && sink.durable < marksIn(outlet).at(-1)!.state) wrong.push('early')
            const end = afterTakeover(sink, state!, outlet.confirmed, total)
            if (end.length !== total || end.some((value, place) => value !== place))
              wrong.push(`${kind}: ${end}`)
          }
          let started = false
          void outlet.start({ sink, batch: { size: 3, within: 0 } }).then(() => {
            started = true
          })
          while (!started) await passTurn()
          const borders = new Set([0])
          let asked = 0
          for (const { records, syncAfter, turnsAfter } of pieces) {
            const before = total
            for (const results of records) {
              total += results
              borders.add(total)
            }
            outlet.send(Array.from({ length: total - before }, (_, i) => before + i))
            // One that comes while another is under way changes nothing.
            if (syncAfter && synced() === asked) asked++
            if (syncAfter) outlet.sync()
            for (let i = 0; i < turnsAfter; i++) await passTurn()
          }
          while (outlet.confirmed.length < total || synced() < asked) await passTurn()
          const marks = marksIn(outlet)
          return (
            wrong.length === 0 &&
            outlet.errors.length === 0 &&
            sink.content.length === total &&
            marks.length === asked &&
            marks.every(({ state, confirmed }) => state === confirmed && borders.has(state)) &&
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
  const sink = new JournalWithState(() => works)
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

const resolved = <Value>(promise: Promise<Value>) => {
  let done = false
  void promise.then(() => {
    done = true
  })
  return () => done
}

t.test('a sink that has only sync is synced before there is a sender, unless it had a state', async (t) => {
  const clock = new FakeClock()
  let failing = true
  const sink = new Journal((call) => ({ turns: 0, fails: call === 'sync' && failing }))
  const outlet = new Outlet(clock)
  const ready = resolved(outlet.start({ sink, batch: undefined }))
  await turn()
  t.notOk(ready())
  t.match(outlet.told, [{ type: 'blocked', reason: /cannot make results durable: sync fails/ }])
  failing = false
  clock.pass(1000)
  await outlet.link.until(() => outlet.link.all('ready').length === 1)
  await turn()
  outlet.sync()
  t.match(outlet.link.sent, [
    { kind: 'ready', body: { state: '0' } },
    { kind: 'mark', body: { state: '0' } },
  ])

  failing = true
  const next = await new Outlet(clock).start({ sink, batch: undefined }, '7')
  next.sync()
  t.match(marksIn(next), [{ state: 7 }])
  t.same(sink.opened, [undefined, 7])
})

t.test(
  'what a sink that has only sync was handed is confirmed when a sync has worked, and no sooner',
  async (t) => {
    const clock = new FakeClock()
    let failing = false
    const sink = new Journal((call) => ({ turns: 0, fails: call === 'sync' && failing }))
    const outlet = await new Outlet(clock).start({ sink, batch: undefined })
    failing = true
    outlet.send(['a', 'b'])
    await turn()
    t.same(sink.content, ['a', 'b'])
    t.same(outlet.confirmed, [])
    t.match(outlet.told.at(-1), { type: 'blocked', reason: /cannot make results durable/ })
    outlet.sync()
    await turn()
    t.match(marksIn(outlet), [{ state: 0, confirmed: 0 }], 'a checkpoint need not wait for it')
    t.equal(outlet.link.all('synced').length, 1)
    failing = false
    clock.pass(1000)
    await outlet.allConfirmed()
    t.same(sink.content, ['a', 'b'], 'delivered once')
    t.equal(stateOf(outlet.link.all('confirm').at(-1)!.body), 2)
    t.match(outlet.told.at(-1), { type: 'blocked', reason: undefined })
  },
)

t.test(
  'a checkpoint that is due begins where the next piece ends, however much more is at hand',
  async (t) => {
    const sink = new JournalWithState(() => works)
    const outlet = await new Outlet().start({ sink, batch: { size: 3, within: 0 } })
    outlet.send(['a', 'b', 'c', 'd'])
    outlet.sync()
    outlet.send(['e', 'f', 'g', 'h'])
    await outlet.allConfirmed()
    t.match(marksIn(outlet), [{ state: 4, confirmed: 4 }])
  },
)

t.test('a sink that fails at a delivery can still be synced', async (t) => {
  const sink = new JournalWithState((call) => ({ turns: 0, fails: call === 'deliver' }))
  const outlet = await new Outlet(new FakeClock()).start({ sink, batch: undefined })
  outlet.send(['a'])
  await turn()
  outlet.sync()
  await outlet.link.until(() => outlet.link.all('synced').length === 1)
  t.match(marksIn(outlet), [{ state: 0, confirmed: 0 }])
})

t.test('a sync that fails is tried again, and what is wrong is told until everything works', async (t) => {
  const failing = new Set(['deliver', 'sync'])
  const sink = new JournalWithState((call) => ({ turns: 0, fails: failing.has(call) }))
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
  const sink = new JournalWithState(() => works)
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
    state: () => 0,
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

t.test('a sender that confirms only what is durable syncs also a sink that has a state', async (t) => {
  const journal = new Journal(() => ({ turns: 1, fails: false }))
  const sink: Sink<unknown, number> = {
    open: (state) => journal.open(state),
    deliver: (results) => journal.deliver(results),
    state: () => journal.content.length,
    sync: () => journal.sync(),
  }
  const outlet = new Outlet()
  await outlet.start({ sink, batch: undefined }, undefined, true)
  const durableAt: number[] = []
  outlet.heard = ({ kind }) => {
    if (kind === 'confirm') durableAt.push(journal.durable)
  }
  outlet.send(['a', 'b'])
  await outlet.allConfirmed()
  t.same(durableAt.at(-1), 2)
  t.same(journal.content, ['a', 'b'])
})
