import fc from 'fast-check'
import t from 'tap'
import type { LineSink } from '../../src/model/line-sink.js'
import type { Result } from '../../src/model/sink.js'
import { Outlet } from './outlet.js'

/** Keeps what it is given as lines, and fails whenever it is told to. */
class Page implements LineSink {
  text = ''
  calls = 0
  fails = false

  async open(): Promise<void> {}

  async deliver(results: readonly Result[]): Promise<void> {
    await this.deliverLines([Buffer.from(results.map(({ value }) => `${value}\n`).join(''))])
  }

  async deliverLines(lines: readonly Uint8Array[]): Promise<void> {
    this.calls++
    await new Promise((resolve) => setImmediate(resolve))
    if (this.fails) throw new Error('no paper')
    this.text += Buffer.concat(lines).toString()
  }

  state(): number {
    return this.text.length
  }
}

t.test('lines and values are written in order and once, whatever part of a batch is lent', async (t) => {
  const lends = fc.array(
    fc.record({ count: fc.integer({ min: 1, max: 6 }), around: fc.nat(3), lines: fc.boolean() }),
    { minLength: 1, maxLength: 10 },
  )
  await fc.assert(
    fc.asyncProperty(lends, async (all) => {
      const page = new Page()
      const outlet = await new Outlet().start({ sink: page, batch: undefined })
      let next = 0
      for (const { count, around, lines } of all) {
        const texts = Array.from({ length: count }, () => `é${next++}`)
        outlet.send(texts, around, lines ? 'lines' : undefined)
      }
      await outlet.allConfirmed()
      const wanted = Array.from({ length: next }, (_, i) => `é${i}\n`).join('')
      return page.text === wanted && outlet.confirmed.every((place, index) => place === index)
    }),
    { numRuns: 100 },
  )
  t.pass()
})

t.test('lines that arrived meanwhile are written together, and confirmed with the state', async (t) => {
  const page = new Page()
  const outlet = await new Outlet().start({ sink: page, batch: undefined })
  for (const text of ['a', 'b', 'c']) outlet.send([text], 0, 'lines')
  await outlet.allConfirmed()
  t.equal(page.calls, 2)
  t.match(outlet.link.all('confirm'), [
    { body: { done: [0, 1], state: '2' } },
    { body: { done: [1, 3], state: '6', rejected: undefined } },
  ])
})

t.test('lines that could not be written are tried again, and not confirmed before', async (t) => {
  const page = new Page()
  page.fails = true
  const outlet = await new Outlet().start({ sink: page, batch: undefined })
  outlet.send(['a', 'b'], 1, 'lines')
  while (outlet.told.length === 0) await new Promise((resolve) => setImmediate(resolve))
  t.match(outlet.told, [{ type: 'blocked', reason: /no paper/ }])
  t.same(outlet.confirmed, [])
  page.fails = false
  await outlet.allConfirmed()
  t.equal(page.text, 'a\nb\n')
})

t.test('a checkpoint that is due comes where a piece of lines ends', async (t) => {
  const page = new Page()
  const outlet = await new Outlet().start({ sink: page, batch: undefined })
  for (const texts of [['a'], ['b', 'c'], ['d']]) outlet.send(texts, 1, 'lines')
  outlet.sync()
  await outlet.allConfirmed()
  t.match(outlet.link.all('mark'), [{ body: { state: '2' } }])
})
