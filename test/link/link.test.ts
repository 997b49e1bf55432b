import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { Link, type LinkOptions } from '../../src/link/link.js'

/** A link, and what it has handed to the operating system, one item for each system call. */
function linkWith(options?: LinkOptions) {
  const calls: number[] = []
  const write = new PassThrough({
    writev: (chunks, done) => {
      calls.push(chunks.length)
      done()
    },
    write: (_chunk, _encoding, done) => {
      calls.push(1)
      done()
    },
  })
  const sockets = { read: new PassThrough() as unknown as Socket, write: write as unknown as Socket }
  const link = new Link(sockets, { message: () => {}, ended: () => {}, broken: () => {} }, options)
  return { link, calls }
}

const payload = new Uint8Array(5000)

t.test('what a process that runs a user’s code has sent is out before that code goes on', async (t) => {
  const { link, calls } = linkWith()
  link.send('batch', { count: 1, position: '1' }, payload)
  t.strictSame(calls, [2], 'head and payload in one call')
  link.send('end', {})
  t.strictSame(calls, [2, 1])
})

t.test('what the primary sends in one turn leaves in one call', async (t) => {
  const { link, calls } = linkWith({ gathers: true })
  link.send('batch', { count: 1, position: '1' }, payload)
  link.send('end', {})
  t.strictSame(calls, [], 'nothing yet')
  await link.flushed()
  t.strictSame(calls, [4], 'two heads, a payload, and the empty write that waits for them')
})

t.test('a small payload is sent as one with its head', async (t) => {
  const { link, calls } = linkWith()
  link.send('batch', { count: 1, position: '1' }, payload.subarray(0, 10))
  t.strictSame(calls, [1])
})
