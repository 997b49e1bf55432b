import { realpathSync } from 'node:fs'
import { open, readFile, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { type FileState, fileSink, type SinkDisk } from '../../../src/connectors/file/sink.js'
import { results, sinkContext } from '../context.js'

const refTo = (target: string) => ({ scheme: 'file', url: 'file:out', target, options: {} }) as const

type OpenSinkFile = SinkDisk['open']

async function opened(path: string, state?: FileState, openFile?: OpenSinkFile) {
  const sink = fileSink(refTo(path), openFile && { open: openFile })
  await sink.open(state, sinkContext)
  return sink
}

const content = (path: string) => readFile(path, 'utf8')

t.test('strings are written as lines, other values as NDJSON', async (t) => {
  const path = join(t.testdir({}), 'out')
  const sink = await opened(path)
  t.strictSame(await sink.deliver(results('a', { b: 1 })), [])
  await sink.deliver(results('ä'))
  t.equal(await content(path), 'a\n{"b":1}\nä\n')
  await sink.close?.()
})

t.test('what cannot be a line is rejected by its index, and its neighbours are written', async (t) => {
  const path = join(t.testdir({}), 'out')
  const sink = await opened(path)
  t.match(await sink.deliver(results('a', 1n, 'b', 'c\nd')), [{ index: 1 }, { index: 3, reason: /NDJSON/ }])
  t.equal(await content(path), 'a\nb\n')
  await sink.close?.()
})

t.test('a fresh run begins with an empty file, but not before it begins', async (t) => {
  const path = join(t.testdir({ out: 'old\n' }), 'out')
  const sink = await opened(path)
  t.equal(await content(path), 'old\n', 'another process may be unable to start')
  await sink.sync?.()
  t.equal(await content(path), '')
  t.strictSame(sink.state?.(), { length: 0 })
  await sink.close?.()
})

t.test('what a dead sender wrote beyond the confirmed length is cut off', async (t) => {
  const path = join(t.testdir({}), 'out')
  const dead = await opened(path)
  await dead.deliver(results('a'))
  const confirmed = await dead.sync?.()
  await dead.deliver(results('not confirmed'))
  t.strictSame(confirmed, { length: 2 })

  const sink = await opened(path, confirmed)
  await sink.deliver(results('b'))
  t.strictSame(sink.state?.(), { length: 4 })
  t.equal(await content(path), 'a\nb\n')
  await sink.close?.()
  await dead.close?.()
})

t.test('a file that lost confirmed results is an error, and is left as it is', async (t) => {
  const path = join(t.testdir({ out: 'a\nb\n' }), 'out')
  await truncate(path, 3)
  await t.rejects(opened(path, { length: 4 }), {
    code: 'sink_unwritable',
    message: /4 bytes .* confirmed .* only 3 bytes now.*run it once with --fresh/,
  })
  t.equal(await content(path), 'a\nb')
  await unlink(path)
  await t.rejects(opened(path, { length: 4 }), { code: 'sink_unwritable', message: /is gone/ })
  await t.rejects(content(path), { code: 'ENOENT' })
})

/** Opened by the first sender of a run after an earlier one of a live source. */
async function wentOn(path: string, state: FileState | undefined) {
  const sink = fileSink(refTo(path))
  await sink.open(state, { ...sinkContext, redelivers: false })
  return sink
}

t.test('what will not be delivered again is kept, but for a torn last line', async (t) => {
  for (const [before, kept] of [
    ['a\nb\nc\n', 'a\nb\nc\n'],
    ['a\nb\nto', 'a\nb\n'],
    ['a\ntorn', 'a\n'],
    ['a\n', 'a\n'],
  ] as const) {
    const path = join(t.testdir({ out: before }), 'out')
    const sink = await wentOn(path, { length: 2 })
    t.strictSame(sink.state?.(), { length: kept.length })
    await sink.deliver(results('next'))
    await sink.close?.()
    t.equal(await content(path), `${kept}next\n`)
  }
})

t.test('what will not be delivered again is kept even if nothing was confirmed', async (t) => {
  const path = join(t.testdir({ out: 'a\nb\nto' }), 'out')
  const sink = await wentOn(path, { length: 0 })
  t.strictSame(sink.state?.(), { length: 4 })
  await sink.close?.()
  t.equal(await content(path), 'a\nb\n')
})

t.test('a run that has no state to go on from begins its file anew, whatever its source', async (t) => {
  const path = join(t.testdir({ out: 'old\n' }), 'out')
  const sink = await wentOn(path, undefined)
  await sink.close?.()
  t.equal(await content(path), '')
})

t.test('a file that lost confirmed results is an error, whatever its source', async (t) => {
  const path = join(t.testdir({ out: 'a\n' }), 'out')
  await t.rejects(wentOn(path, { length: 4 }), { code: 'sink_unwritable' })
  t.equal(await content(path), 'a\n')
})

t.test('the name of the file is durable before what is in it is said to be', async (t) => {
  const folder = t.testdir({ real: {}, link: t.fixture('symlink', 'real/out') })
  for (const path of [join(folder, 'real', 'out'), join(folder, 'link')]) {
    const calls: string[] = []
    let failing = true
    const sink = fileSink(refTo(path), {
      open: async (path, flags) => {
        const file = await open(path, flags)
        const datasync = file.datasync.bind(file)
        file.datasync = () => {
          calls.push('file')
          return datasync()
        }
        return file
      },
      syncFolder: async (synced) => {
        calls.push(synced)
        if (failing) throw new Error('disk failure')
      },
    })
    await sink.open(undefined, sinkContext)
    await t.rejects(async () => sink.sync?.(), { code: 'sink_unwritable', message: /disk failure/ })
    failing = false
    await sink.sync?.()
    await sink.sync?.()
    const real = realpathSync(join(folder, 'real'))
    t.strictSame(calls, ['file', real, 'file', real, 'file'])
    await sink.close?.()
  }
})

t.test('a run that had delivered nothing yet needs no file to go on', async (t) => {
  const path = join(t.testdir({}), 'out')
  const sink = await opened(path, { length: 0 })
  await sink.deliver(results('a'))
  await sink.close?.()
  t.equal(await content(path), 'a\n')
})

t.test('a place that cannot be written to is named, with the fix', async (t) => {
  const folder = t.testdir({})
  const path = join(folder, 'missing', 'out')
  await t.rejects(opened(path), {
    code: 'sink_unwritable',
    message: `Cannot write to ${path}: the folder ${join(folder, 'missing')} does not exist. Create it, or correct the path.`,
  })
  await t.rejects(opened(folder), { code: 'sink_unwritable', message: /a directory\. Name a file/ })
  await t.rejects(opened('/dev/full'), { code: 'sink_unwritable', message: /not a regular file/ })
  await writeFile(join(folder, 'file'), '')
  await t.rejects(opened(join(folder, 'file', 'out')), { code: 'sink_unwritable' })
})

/** Opens real files on a disk that takes a few bytes at a time, and is full whenever `isFull` says so. */
function smallDisk(isFull: () => boolean): OpenSinkFile {
  return async (path, flags) => {
    const file = await open(path, flags)
    const write = async (bytes: Buffer, from: number, length: number, position: number) => {
      if (isFull()) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      return file.write(bytes, from, Math.min(length, 3), position)
    }
    return {
      read: file.read.bind(file),
      write: write as typeof file.write,
      truncate: (length) => file.truncate(length),
      datasync: () => file.datasync(),
      close: () => file.close(),
    }
  }
}

t.test('a delivery is written whole, even if the system takes a few bytes at a time', async (t) => {
  const path = join(t.testdir({}), 'out')
  const sink = await opened(
    path,
    undefined,
    smallDisk(() => false),
  )
  await sink.deliver(results('a longer line', 'another'))
  await sink.close?.()
  t.equal(await content(path), 'a longer line\nanother\n')
})

t.test(
  'a delivery that fails on a full disk leaves nothing behind, so trying it again doubles nothing',
  async (t) => {
    const path = join(t.testdir({}), 'out')
    let writes = 0
    const sink = await opened(
      path,
      undefined,
      smallDisk(() => ++writes === 3),
    )
    await sink.deliver(results('a'))
    await t.rejects(async () => sink.deliver(results('does not fit')), {
      code: 'sink_unwritable',
      message: `Cannot write to ${path}: the disk is full. Make room on it; nothing that was confirmed is lost.`,
      cause: { code: 'ENOSPC' },
    })
    t.equal(await content(path), 'a\n')
    t.strictSame(sink.state?.(), { length: 2 })
    await sink.deliver(results('does not fit'))
    t.equal(await content(path), 'a\ndoes not fit\n')
    await sink.close?.()
  },
)

t.test('the rest of a failed delivery that could not be cut off is cut off before the next', async (t) => {
  const path = join(t.testdir({}), 'out')
  let writes = 0
  let cuts = 0
  const disk = smallDisk(() => ++writes === 3)
  const sink = await opened(path, undefined, async (path, flags) => {
    const file = await disk(path, flags)
    const truncate = async (length?: number) => {
      if (++cuts === 2) throw new Error('no cutting now')
      await file.truncate(length)
    }
    return { ...file, truncate }
  })
  await t.rejects(async () => sink.deliver(results('a long line')))
  t.equal(await content(path), 'a long')
  await sink.deliver(results('b'))
  t.equal(await content(path), 'b\n')
  await sink.close?.()
})

t.test('closing makes durable what was delivered, and can be done twice', async (t) => {
  const path = join(t.testdir({}), 'out')
  let synced = 0
  const sink = await opened(path, undefined, async (path, flags) => {
    const file = await open(path, flags)
    const datasync = file.datasync.bind(file)
    file.datasync = () => {
      synced++
      return datasync()
    }
    return file
  })
  await sink.deliver(results('a'))
  t.equal(synced, 0)
  await sink.close?.()
  await sink.close?.()
  t.equal(synced, 1)
})

t.test('what is delivered while the file syncs is kept, and no part of that sync', async (t) => {
  const path = join(t.testdir({}), 'out')
  let finish = () => {}
  const sink = await opened(path, undefined, async (path, flags) => {
    const file = await open(path, flags)
    file.datasync = () => new Promise((resolve) => (finish = resolve))
    return file
  })
  await sink.deliver(results('a'))
  const synced = sink.sync?.()
  await sink.deliver(results('b'))
  finish()
  t.strictSame(await synced, { length: 2 })
  t.strictSame(sink.state?.(), { length: 4 })
  t.equal(await content(path), 'a\nb\n')
  const closed = sink.close?.()
  await new Promise((resolve) => setImmediate(resolve))
  finish()
  await closed
})

t.test('what a failed sync has left in doubt is written again before the next one', async (t) => {
  const path = join(t.testdir({}), 'out')
  const calls: string[] = []
  let full = false
  const sink = await opened(path, undefined, async (path, flags) => {
    const file = await open(path, flags)
    const write = async (bytes: Buffer, from: number, length: number, position: number) => {
      calls.push(`${position}: ${JSON.stringify(bytes.toString('utf8', from, from + length))}`)
      return file.write(bytes, from, length, position)
    }
    return {
      read: file.read.bind(file),
      write: write as typeof file.write,
      truncate: (length) => file.truncate(length),
      datasync: async () => {
        calls.push(full ? 'sync fails' : 'sync')
        if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      },
      close: () => file.close(),
    }
  })
  await sink.deliver(results('a'))
  await sink.sync?.()
  full = true
  await sink.deliver(results('b'))
  await t.rejects(async () => sink.sync?.(), { code: 'sink_unwritable', message: /the disk is full/ })
  await sink.deliver(results('c'))
  full = false
  t.strictSame(await sink.sync?.(), { length: 6 })
  await sink.deliver(results('d'))
  await sink.sync?.()
  t.strictSame(calls, [
    ...['0: "a\\n"', 'sync'],
    ...['2: "b\\n"', 'sync fails', '4: "c\\n"'],
    ...['2: "b\\nc\\n"', 'sync'],
    ...['6: "d\\n"', 'sync'],
  ])
  t.equal(await content(path), 'a\nb\nc\nd\n')
  await sink.close?.()
})

t.test('lines that workers made are written as they come, and count for the state', async (t) => {
  const path = join(t.testdir({}), 'out')
  const sink = await opened(path)
  await sink.deliverLines([Buffer.from('a\n{"b":1}\n'), Buffer.from('ä\n')])
  t.strictSame(sink.state?.(), { length: 13 })
  await sink.deliver(results('letter'))
  await sink.deliverLines([Buffer.from('z\n')])
  t.equal(await content(path), 'a\n{"b":1}\nä\nletter\nz\n')
  await sink.close?.()
})

t.test('lines of which only some could be written are cut off, all of them', async (t) => {
  const path = join(t.testdir({}), 'out')
  let room = 2
  const sink = await opened(path, undefined, async (path, flags) => {
    const file = await open(path, flags)
    const write = file.write.bind(file)
    file.write = (async (buffer: Uint8Array, offset: number, length: number, position: number) => {
      if (position + length > room) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
      return write(buffer, offset, length, position)
    }) as typeof file.write
    return file
  })
  await sink.deliverLines([Buffer.from('a\n')])
  const lines = [Buffer.from('b\n'), Buffer.from('c\n')]
  room = 4
  await t.rejects(sink.deliverLines(lines), { code: 'sink_unwritable', message: /disk is full/ })
  t.strictSame(sink.state?.(), { length: 2 })
  t.equal(await content(path), 'a\n')
  room = 100
  await sink.deliverLines(lines)
  t.equal(await content(path), 'a\nb\nc\n')
  await sink.close?.()
})
