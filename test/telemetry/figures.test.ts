import t from 'tap'
import { FigureSampler, type Usage } from '../../src/telemetry/figures.js'
import { FakeClock } from '../fake-clock.js'

/** Processes that use a fixed share of a core from their start at 0 on. */
function bench(shares: Readonly<Record<number, number>>) {
  const clock = new FakeClock()
  const asked: (readonly number[])[] = []
  const used = new Map<number, number>()
  const share = new Map(Object.entries(shares).map(([pid, of]) => [Number(pid), of]))
  let before = 0
  const pass = (ms: number) => {
    clock.pass(ms)
    for (const [pid, of] of share) used.set(pid, (used.get(pid) ?? 0) + of * (clock.now() - before))
    before = clock.now()
  }
  const measure = async (pids: number[]) => {
    asked.push(pids)
    const usages: Record<number, Usage> = {}
    for (const pid of pids.filter((each) => share.has(each))) {
      usages[pid] = { ctime: used.get(pid) ?? 0, elapsed: clock.now(), memory: pid * 1000 }
    }
    return usages
  }
  const pids = () => [...share.keys()]
  return { clock, asked, share, pass, sampler: new FigureSampler({ clock, pids, measure }) }
}

const turns = () => new Promise((resolve) => setImmediate(resolve))

t.test('all who ask within a second are answered by one look at all processes', async (t) => {
  const { asked, sampler, pass, share } = bench({ 11: 0.5, 12: 0 })
  pass(4000)
  const [first, second] = await Promise.all([sampler.sample(), sampler.sample()])
  t.same([...first], [...second])
  t.same(
    [...first],
    [
      [11, { cpu: 50, cpuMs: 2000, rss: 11_000 }],
      [12, { cpu: 0, cpuMs: 0, rss: 12_000 }],
    ],
    'since they started',
  )
  pass(500)
  await sampler.sample()
  t.same(asked, [[11, 12]])
  share.set(13, 0)
  t.ok((await sampler.sample()).has(13), 'who is new is looked at')
  t.equal(asked.length, 2)
})

t.test(
  'a figure is that since the last look, and never over so short a time that it is rounding',
  async (t) => {
    const { sampler, pass, share } = bench({ 11: 0 })
    pass(4000)
    await sampler.sample()
    share.set(11, 1)
    pass(400)
    share.set(12, 0)
    t.equal((await sampler.sample()).get(11)!.cpu, 100)
    pass(1000)
    t.equal((await sampler.sample()).get(11)!.cpu, 100)
  },
)

t.test('who asks after a long time is told of the present', async (t) => {
  const { clock, sampler, pass, share, asked } = bench({ 11: 0 })
  pass(3_600_000)
  share.set(11, 0.8)
  const answer = sampler.sample()
  await turns()
  t.equal(asked.length, 1)
  pass(250)
  const cpu = (await answer).get(11)!.cpu
  t.equal(Math.round(cpu), 80)
  t.ok(clock.timers > 0)
})

t.test('looks go on for a minute after somebody asked, and stop', async (t) => {
  const { clock, sampler, pass, asked } = bench({ 11: 0.5 })
  pass(1000)
  await sampler.sample()
  for (let i = 0; i < 30; i++) {
    pass(5000)
    await turns()
  }
  t.ok(asked.length > 10 && asked.length < 16, `${asked.length} looks`)
  t.equal(clock.timers, 0)
  const last = sampler.sample()
  await turns()
  pass(250)
  await last
  sampler.close()
  t.equal(clock.timers, 0, 'nor does anything stay when it is closed')
})

t.test('where nothing can be found out there are no figures', async (t) => {
  const measure = () => Promise.reject(new Error('no /proc'))
  const sampler = new FigureSampler({ clock: new FakeClock(), pids: () => [11], measure })
  t.same([...(await sampler.sample())], [])
})

t.test('this process uses something', async (t) => {
  const sampler = new FigureSampler({ clock: new FakeClock(), pids: () => [process.pid] })
  const used = (await sampler.sample()).get(process.pid)!
  t.ok(used.rss > 2 ** 20 && used.cpu >= 0, `${used.rss} bytes, ${used.cpu} %`)
  sampler.close()
})
