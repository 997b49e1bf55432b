import fc from 'fast-check'
import t from 'tap'
import { scenarioNames, scenarioOf } from '../../chaos/scenario.js'

const seeds = fc.nat()
const circumstances = fc.record({
  span: fc.integer({ min: 1000, max: 20_000 }),
  canMount: fc.boolean(),
  name: fc.option(fc.constantFrom(...scenarioNames), { nil: undefined }),
})

t.test('a seed draws the same scenario every time', async () => {
  const same = fc.property(seeds, circumstances, (seed, about) => {
    t.same(scenarioOf(seed, about), scenarioOf(seed, about))
  })
  fc.assert(same, { numRuns: 50 })
})

t.test(
  'misfortunes come in the order of their times, within the span, to processes that there are',
  async () => {
    const sound = fc.property(seeds, circumstances, (seed, about) => {
      const { misfortunes, workers, sink, smallDisk } = scenarioOf(seed, about)
      const times = misfortunes.map(({ at }) => at)
      const ordered = times.every((at, i) => at < about.span && at > (times[i - 1] ?? 0))
      const reachable = misfortunes.every(
        (it) => !('target' in it) || !it.target.startsWith('worker') || Number(it.target.slice(7)) <= workers,
      )
      const possible = misfortunes.every(
        ({ kind }) => (kind !== 'fillDisk' || smallDisk) && (kind !== 'failSink' || sink === 'log'),
      )
      return ordered && reachable && possible
    })
    fc.assert(sound)
  },
)

t.test('handlers wait so long in all that the stream outlasts its misfortunes', async () => {
  const long = fc.property(seeds, circumstances, (seed, about) => {
    const { records, wait, workers, concurrency, inQueue, outQueue, order, keys } = scenarioOf(seed, about)
    const atOnce = Math.min(workers * concurrency, inQueue, outQueue, order === 'key' ? keys : Infinity)
    return (Math.ceil(records / wait.every) * wait.ms) / atOnce >= about.span
  })
  fc.assert(long)
})

t.test('only a pipeline with a timeout has handlers that hang, and only keys order by key', async () => {
  const sensible = fc.property(seeds, circumstances, (seed, about) => {
    const { behaviours, timeout, order, source, wait } = scenarioOf(seed, about)
    const hangs = Object.keys(behaviours).some((name) => /^(hang|loop)/.test(name))
    return (
      hangs === (timeout !== undefined) &&
      !(order === 'key' && source === 'file') &&
      wait.ms < (timeout ?? Infinity)
    )
  })
  fc.assert(sensible)
})
