import fc from 'fast-check'
import t from 'tap'
import { encodePacket, type PacketKind, roomIn } from '../../src/join/packet.js'
import { Wire } from '../../src/join/wire.js'
import { FakeBus } from './fake-bus.js'

/** Two ends with channels 1 and 2 open, and what the second has heard. */
function twoEnds(largest = 2 ** 20) {
  const bus = new FakeBus()
  bus.largest = largest
  const heard: { kind: PacketKind; channel: number; text: string }[] = []
  const gaps: number[] = []
  const deaf = { packet: () => {}, gap: () => {}, tooLong: () => {} }
  const here = new Wire(bus, { say: 'there', hear: 'here' }, deaf)
  const there = new Wire(
    bus,
    { say: 'here', hear: 'there' },
    {
      packet: ({ kind, channel, body }) => heard.push({ kind, channel, text: Buffer.from(body).toString() }),
      gap: (channel) => gaps.push(channel),
      tooLong: () => {},
    },
  )
  for (const channel of [1, 2]) {
    here.open(channel)
    there.open(channel)
  }
  return { bus, here, there, heard, gaps }
}

const bytes = (text: string) => Buffer.from(text)

t.test('what is sent is heard in its order, each channel for itself', async (t) => {
  const { here, heard, gaps } = twoEnds()
  here.send('link', 1, bytes('a'))
  here.send('stderr', 2, bytes('b'))
  here.say('told', 1, { type: 'stop' })
  t.same(heard, [
    { kind: 'link', channel: 1, text: 'a' },
    { kind: 'stderr', channel: 2, text: 'b' },
    { kind: 'told', channel: 1, text: '{"type":"stop"}' },
  ])
  t.same(gaps, [])
})

t.test('bytes that are too many for a message are cut, and none is lost', async (t) => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 200 }),
      fc.integer({ min: 12, max: 60 }),
      (text, largest) => {
        const { here, heard } = twoEnds(largest)
        here.send('link', 1, bytes(text))
        t.equal(Buffer.from(heard.map((packet) => packet.text).join('')).length, bytes(text).length || 0)
        t.ok(
          heard.every((packet) => packet.text !== ''),
          'an empty packet would be the end',
        )
      },
    ),
    { numRuns: 50 },
  )
  const { here, heard } = twoEnds()
  here.send('link', 1, bytes(''))
  t.same(heard, [{ kind: 'link', channel: 1, text: '' }], 'the end of a stream is a packet, too')
})

t.test('a gap breaks its channel for good, and no other', async (t) => {
  const { bus, here, heard, gaps } = twoEnds()
  here.send('link', 1, bytes('a'))
  bus.losing = 1
  here.send('link', 1, bytes('lost'))
  here.send('link', 1, bytes('b'))
  here.send('link', 1, bytes('c'))
  here.send('link', 2, bytes('d'))
  t.same(gaps, [1])
  t.same(
    heard.map(({ text }) => text),
    ['a', 'd'],
  )
})

t.test('the last packets of a channel are missed as soon as it is said how many there were', async (t) => {
  const { bus, here, there, gaps } = twoEnds()
  here.send('link', 1, bytes('a'))
  here.send('link', 2, bytes('a'))
  there.check(here.sent)
  t.same(gaps, [])
  bus.losing = 1
  here.send('link', 2, bytes('lost'))
  there.check(here.sent)
  there.check(here.sent)
  t.same(gaps, [2], 'once')
})

t.test('whatever is lost, no channel hears anything behind a gap', async (t) => {
  const action = fc.record({ channel: fc.constantFrom(1, 2), lost: fc.boolean() })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const { bus, here, there, heard, gaps } = twoEnds()
      const expected: string[] = []
      const broken = new Set<number>()
      for (const [i, { channel, lost }] of actions.entries()) {
        if (lost) {
          bus.losing = 1
          broken.add(channel)
        } else if (!broken.has(channel)) expected.push(`${channel} ${i}`)
        here.send('link', channel, bytes(`${channel} ${i}`))
      }
      there.check(here.sent)
      t.same(
        heard.map(({ text }) => text),
        expected,
      )
      t.same([...gaps].sort(), [...broken].sort())
    }),
    { numRuns: 100 },
  )
})

t.test('a packet that comes twice, on no open channel, or makes no sense is thrown away', async (t) => {
  const { bus, here, heard, gaps } = twoEnds()
  here.send('link', 1, bytes('a'))
  bus.publish('there', encodePacket({ kind: 'link', channel: 1, number: 0, body: bytes('a') }))
  bus.publish('there', encodePacket({ kind: 'link', channel: 9, number: 0, body: bytes('x') }))
  bus.publish('there', bytes('rubbish that is no packet'))
  here.send('link', 1, bytes('b'))
  t.same(
    heard.map(({ text }) => text),
    ['a', 'b'],
  )
  t.same(gaps, [])
})

t.test('nothing is heard or said any more once an end is closed', async (t) => {
  const { bus, here, there, heard } = twoEnds()
  there.close()
  here.send('link', 1, bytes('a'))
  t.same(heard, [])
  const before = bus.published.length
  there.send('link', 1, bytes('a'))
  t.equal(bus.published.length, before)
})

t.test('what must arrive in one piece and cannot is told of, with how much the server takes', async (t) => {
  const bus = new FakeBus()
  bus.largest = 60
  const told: number[] = []
  const wire = new Wire(
    bus,
    { say: 'there', hear: 'here' },
    { packet: () => {}, gap: () => {}, tooLong: (bytes, most) => told.push(bytes, most) },
  )
  wire.open(1)
  wire.say('told', 1, 'x'.repeat(roomIn(60)))
  t.same(told, [51, 60])
})
