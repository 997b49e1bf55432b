import t from 'tap'
import type { EventEntry, EventRequest } from '../../src/model/inspection.js'
import { EventHistory, MOST_ENTRIES } from '../../src/telemetry/event-history.js'

const entry = (number: number): EventEntry => ({
  at: new Date(number * 1000).toISOString(),
  level: 'info',
  text: `event ${number}`,
})

function historyOf(count: number): EventHistory {
  const history = new EventHistory()
  for (let number = 0; number < count; number++) history.add(entry(number))
  return history
}

const never = new AbortController().signal

async function textsOf(history: EventHistory, request: Partial<EventRequest> = {}): Promise<string[]> {
  const texts: string[] = []
  for await (const { text } of history.read({ follow: false, signal: never, ...request })) texts.push(text)
  return texts
}

t.test('the newest events are kept, and read from a time on or up to a number', async (t) => {
  const history = historyOf(MOST_ENTRIES + 100)
  const all = await textsOf(history)
  t.equal(all.length, MOST_ENTRIES)
  t.equal(all[0], 'event 100')
  t.same(await textsOf(history, { last: 2 }), ['event 598', 'event 599'])
  t.same(await textsOf(history, { last: 0 }), [])
  t.same(await textsOf(history, { since: 597_001 }), ['event 598', 'event 599'])
  t.same(await textsOf(history, { since: 590_000, last: 1 }), ['event 599'])
  t.same(await textsOf(history, { since: 999_000_000 }), [])
})

t.test('events of earlier runs stand before those of this one', async (t) => {
  const history = historyOf(0)
  history.add(entry(7))
  history.precede([entry(1), entry(2)])
  t.same(await textsOf(history), ['event 1', 'event 2', 'event 7'])
})

t.test('who follows has each event once, until the end', async (t) => {
  const history = historyOf(2)
  const read = textsOf(history, { follow: true, last: 1 })
  history.add(entry(2))
  await new Promise((resolve) => setImmediate(resolve))
  history.add(entry(3))
  history.end()
  t.same(await read, ['event 1', 'event 2', 'event 3'])
})

t.test('who leaves is not waited for by anything', async (t) => {
  const history = historyOf(1)
  const leaving = new AbortController()
  const read = textsOf(history, { follow: true, signal: leaving.signal })
  await new Promise((resolve) => setImmediate(resolve))
  leaving.abort()
  t.same(await read, ['event 0'])
})

t.test('who reads too slowly is told how many events are missing, and goes on', async (t) => {
  const history = historyOf(1)
  const reader = history.read({ follow: true, signal: never })
  t.match(await reader.next(), { value: { text: 'event 0' } })
  for (let number = 1; number <= MOST_ENTRIES + 41; number++) history.add(entry(number))
  t.match(await reader.next(), { value: { missed: 41, text: /^41 events are missing/ } })
  t.match(await reader.next(), { value: { text: 'event 42' } })
})
