import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { endOfLastLine } from '../../../src/connectors/file/whole-lines.js'

t.test('the end of the last whole line is found, however far back it is', async (t) => {
  const path = join(t.testdir({}), 'lines')
  const large = fc.integer({ min: 0, max: 200_000 })
  await fc.assert(
    fc.asyncProperty(fc.array(large, { maxLength: 3 }), large, fc.nat(3), async (lengths, torn, skipped) => {
      const lines = lengths.map((length) => `${'x'.repeat(length)}\n`)
      const whole = lines.join('').length
      const from = lines.slice(0, skipped).join('').length
      await writeFile(path, lines.join('') + 'y'.repeat(torn))
      const file = await open(path)
      try {
        return (await endOfLastLine(file, from, whole + torn)) === whole
      } finally {
        await file.close()
      }
    }),
    { numRuns: 60 },
  )
  t.pass()
})

t.test('no more is read than the line that is torn', async (t) => {
  const path = join(t.testdir({}), 'lines')
  await writeFile(path, `${'x'.repeat(1_000_000)}\ntorn`)
  const file = await open(path)
  t.teardown(() => file.close())
  let read = 0
  const counted = {
    read: async (into: Buffer, at: number, length: number, position: number) => {
      const done = await file.read(into, at, length, position)
      read += done.bytesRead
      return done
    },
  }
  t.equal(await endOfLastLine({ read: counted.read as typeof file.read }, 0, 1_000_005), 1_000_001)
  t.ok(read <= 2 ** 17, `${read} bytes`)
})
