import fc from 'fast-check'
import t from 'tap'
import { decodeBatch } from '../../src/codec/batch.js'
import { Reject } from '../../src/model/reject.js'
import { type Result, type Sink, SinkClosed } from '../../src/model/sink.js'
import { sinkFrom } from '../../src/sender/user-module.js'
import { codec, Outlet } from './outlet.js'

const ref = { path: '/mill/sender.mjs', with: { topic: 'mill' } }

const collecting = (deliver: Sink['deliver']): ReturnType<typeof sinkFrom> => ({
  sink: { open: async () => {}, deliver },
  batch: undefined,
})

t.test('results reach the sink in order, and are confirmed once it has them', async (t) => {
  const batches = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(3)), {
    minLength: 1,
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(batches, fc.boolean(), async (sends, slow) => {
      const got: unknown[] = []
      const outlet = await new Outlet().start(
        collecting(async (results) => {
          if (slow) await new Promise((resolve) => setImmediate(resolve))
          got.push(...results.map(({ value }) => value))
        }),
      )
      let next = 0
      for (const [count, around] of sends)
        outlet.send(
          Array.from({ length: count }, () => next++),
          around,
        )
      await outlet.allConfirmed()
      const inOrder = (list: readonly unknown[]) => list.every((item, index) => item === index)
      return got.length === next && inOrder(got) && inOrder(outlet.confirmed)
    }),
    { numRuns: 60 },
  )
  t.pass()
})

t.test(
  'a delivery that fails is tried again with the same results, and said to be blocked until it works',
  async (t) => {
    const tries: string[] = []
    const outlet = await new Outlet().start(
      collecting(async (results) => {
        tries.push(results.map(({ id }) => id).join())
        if (tries.length < 3) throw new Error('broker away')
      }),
    )
    outlet.send(['a', 'b'])
    outlet.send(['c'])
    await outlet.allConfirmed()
    t.equal(tries.length, 3)
    t.ok(tries.every((ids) => ids.startsWith('id0,id1')))
    t.match(outlet.told, [
      { type: 'blocked', reason: /broker away/ },
      { type: 'blocked', reason: /broker away/ },
      { type: 'blocked', reason: undefined },
    ])
    t.same(outlet.confirmed, [0, 1, 2])
  },
)

t.test('what the sink rejects is confirmed with its reason and its value', async (t) => {
  const module = {
    default: async (value: number) => {
      if (value % 2 === 1) throw new Reject(`odd ${value}`)
    },
  }
  const outlet = await new Outlet().start(sinkFrom(module, ref))
  outlet.send([1, 2, 3])
  await outlet.allConfirmed()
  const rejected = outlet.link.all('confirm').flatMap(({ body }) => body.rejected ?? [])
  t.match(rejected, [
    { place: 0, id: 'id0', reason: 'odd 1' },
    { place: 2, id: 'id2', reason: 'odd 3' },
  ])
  t.same(decodeBatch(rejected[1]!.value, 1, codec).values, [3])
})

t.test('a sink whose reader is gone ends quietly, and confirms nothing', async (t) => {
  const outlet = await new Outlet().start(
    collecting(() => {
      throw new SinkClosed()
    }),
  )
  outlet.send(['a'])
  await new Promise((resolve) => setImmediate(resolve))
  t.same(outlet.told, [{ type: 'sinkClosed' }])
  t.same(outlet.confirmed, [])
})

t.test('a sender of batches gets whole ones at once, and the rest after the wait', async (t) => {
  const calls: unknown[][] = []
  const module = {
    batch: { size: 3, within: 60_000 },
    default: async (
      values: unknown[],
      ctx: { results: readonly { id: string }[]; with: { topic: string } },
    ) => {
      calls.push(values)
      t.equal(ctx.results.length, values.length)
      t.equal(ctx.with.topic, 'mill')
    },
  }
  const outlet = await new Outlet().start(sinkFrom(module, ref))
  outlet.send(['a'])
  outlet.send(['b'])
  t.same(calls, [])
  outlet.send(['c'])
  await outlet.link.until(() => outlet.confirmed.length === 3)
  t.same(calls, [['a', 'b', 'c']])
  const hasty = await new Outlet().start(sinkFrom({ ...module, batch: { size: 3, within: 1 } }, ref))
  hasty.send(['x'])
  await hasty.allConfirmed()
  t.same(calls.at(-1), ['x'])
})

t.test('a sender of batches may return the rejected ones, or throw to reject them all', async (t) => {
  const batch = { size: 3, within: 1 }
  const reasons = async (make: (values: unknown[]) => unknown) => {
    const outlet = await new Outlet().start(sinkFrom({ batch, default: make }, ref))
    outlet.send(['a', 'b', 'c'])
    await outlet.allConfirmed()
    return outlet.link
      .all('confirm')
      .flatMap(({ body }) => body.rejected ?? [])
      .map(({ place, reason }) => `${place} ${reason}`)
  }
  t.same(await reasons(() => [{ index: 1, reason: 'no' }]), ['1 no'])
  t.same(await reasons(() => [undefined, undefined, new Reject('never')]), ['2 never'])
  t.same(await reasons(() => undefined), [])
  t.same(
    await reasons(() => {
      throw new Reject('all')
    }),
    ['0 all', '1 all', '2 all'],
  )
})

t.test('the state of the sink goes with every confirmation, and opens the next one', async (t) => {
  const opened: unknown[] = []
  let length = 0
  const sink: Sink = {
    open: async (state) => void opened.push(state),
    deliver: (results: readonly Result[]) => {
      length += results.length
    },
    state: () => ({ length }),
  }
  const first = await new Outlet().start({ sink, batch: undefined })
  first.send(['a', 'b'])
  await first.allConfirmed()
  const { state } = first.link.all('confirm').at(-1)!.body
  await new Outlet().start({ sink, batch: undefined }, state!)
  t.same(opened, [undefined, { length: 2 }])
})

t.test('setup and teardown of a sender are called, and a module that is none is named', async (t) => {
  const calls: string[] = []
  const module = {
    setup: () => calls.push('setup'),
    teardown: () => calls.push('teardown'),
    default: () => {},
  }
  const outlet = await new Outlet().start(sinkFrom(module, ref))
  await outlet.loop.stop()
  t.same(calls, ['setup', 'teardown'])
  t.throws(() => sinkFrom({}, ref), { code: 'module_shape', message: /sender\.mjs has no sender/ })
  t.throws(() => sinkFrom({ default: () => {}, teardown: 1 }, ref), {
    code: 'module_shape',
    message: /teardown/,
  })
})
