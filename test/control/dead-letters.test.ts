import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { RemoteDeadLetters } from '../../src/control/dead-letters.js'
import { socketFor } from '../../src/control/registry.js'
import { serveControl } from '../../src/control/server.js'
import type { DeadLetterHead } from '../../src/model/dead-letter.js'
import { deadLetters, StubPipeline } from '../fixtures/control/pipeline.js'

const runtime = mkdtempSync(join(tmpdir(), 'mr-'))
t.teardown(() => rmSync(runtime, { recursive: true }))

async function serve(t: Test, pipeline = new StubPipeline()) {
  const socket = socketFor('mill', runtime)
  const ended = new Promise<undefined>(() => {})
  const server = await serveControl(socket, { pipeline, version: '1.2.3', ended })
  t.teardown(() => server.close())
  const entry = { name: 'mill', pid: process.pid, stateDir: '/state', since: '', socket, version: '1.2.3' }
  return { pipeline, letters: new RemoteDeadLetters(entry), socket }
}

async function all(letters: AsyncIterable<DeadLetterHead>): Promise<DeadLetterHead[]> {
  const found: DeadLetterHead[] = []
  for await (const each of letters) found.push(each)
  return found
}

t.test('dead letters are listed and shown as the pipeline has them, whatever their ids', async (t) => {
  const { letters } = await serve(t)
  t.same(
    await all(letters.list()),
    deadLetters.map(({ value: _, ...head }) => head),
  )
  for (const letter of deadLetters) t.same(await letters.show(letter.id), letter)
  await t.rejects(letters.show('x'), { code: 'unknown_target', message: 'there is no dead letter x' })
})

t.test('letters are dropped and replayed by their ids, or all of them', async (t) => {
  const { letters, pipeline } = await serve(t)
  t.equal(await letters.drop(['a', 'b', 'c']), 3)
  t.equal(await letters.drop('all'), 2)
  t.match(await letters.replay(['a']), { accepted: 1, refused: [{ id: 'count:9', why: 'it has no value' }] })
  await letters.replay('all')
  t.same(pipeline.told, ['drop a,b,c', 'drop all', 'replay a', 'replay all'])
})

t.test('a request that does not say which letters is wrong, and does nothing', async (t) => {
  const { pipeline, socket } = await serve(t)
  const bodies = ['{}', '{"ids":"a"}', '{"ids":[1]}', '{"all":1}', '{"all":true,"ids":1}', '{"all":false}']
  for (const path of ['/dead/drop', '/dead/replay']) {
    for (const body of bodies) {
      const answer = await new Promise<string>((resolve) => {
        request({ socketPath: socket, method: 'POST', path, agent: false }, (response) =>
          resolve(text(response)),
        ).end(body)
      })
      t.match(JSON.parse(answer), { error: { code: 'bad_usage' } }, body)
    }
  }
  t.same(pipeline.told, [])
})

t.test('a list of any length is sent as it is read, and one that breaks off says why', async (t) => {
  const pipeline = new StubPipeline()
  const count = 50_000
  let given = 0
  const { value: _, ...head } = deadLetters[0]!
  async function* list() {
    for (; given < count; given++) yield { ...head, id: `count:${given}` }
    throw new Error('the disk is gone')
  }
  Object.assign(pipeline.dead, { list })
  const { letters } = await serve(t, pipeline)
  const listing = letters.list()[Symbol.asyncIterator]()
  t.match(await listing.next(), { value: { id: 'count:0' } })
  t.ok(given < count, 'the rest waits for its reader')
  let read = 1
  await t.rejects(
    async () => {
      for (;;) {
        await listing.next()
        read++
      }
    },
    { message: 'the disk is gone' },
  )
  t.equal(read, count)
})
