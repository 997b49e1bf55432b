import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openNotifySocket } from '../../../src/telemetry/notify/socket.js'
import { linesIn } from '../../pipeline-run.js'
import { temporaryFolder } from '../../temporary-folder.js'

const dgram = await import('node-unix-socket').catch(() => undefined)

t.test(
  'messages arrive as datagrams, in the order they were sent',
  { skip: dgram ? false : 'node-unix-socket has no build for this platform' },
  async (t) => {
    const path = join(temporaryFolder(t), 'notify')
    const receiver = new dgram!.DgramSocket()
    t.teardown(() => receiver.close())
    const heard: string[] = []
    const three = new Promise<void>((resolve) => {
      receiver.on('data', (message: Buffer) => {
        if (heard.push(message.toString()) === 3) resolve()
      })
    })
    receiver.bind(path)
    const socket = await openNotifySocket(path)
    socket.send(['READY=1'])
    socket.send(['STATUS=running: all is well', 'WATCHDOG=1'])
    socket.send(['STOPPING=1'])
    await socket.close()
    await three
    t.same(heard, ['READY=1', 'STATUS=running: all is well\nWATCHDOG=1', 'STOPPING=1'])
    t.equal(socket.trouble, undefined)
  },
)

t.test('where datagrams do not arrive, systemd-notify is called', async (t) => {
  const folder = temporaryFolder(t)
  const { PATH } = process.env
  t.teardown(() => {
    process.env.PATH = PATH
  })
  process.env.PATH = folder
  for (const address of [join(folder, 'nobody-listens'), '@in-no-file-system']) {
    const socket = await openNotifySocket(address)
    socket.send(['READY=1'])
    await socket.close()
    t.match(socket.trouble, /systemd-notify ENOENT/, 'which may be missing as well')
  }
  const calls = join(folder, 'calls')
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >>'${calls}'\n`)
  chmodSync(join(folder, 'systemd-notify'), 0o755)
  const socket = await openNotifySocket('@in-no-file-system')
  socket.send(['READY=1', 'STATUS=two words'])
  socket.send(['STOPPING=1'])
  await socket.close()
  t.same(linesIn(calls), ['@in-no-file-system READY=1 STATUS=two words', '@in-no-file-system STOPPING=1'])
  t.equal(socket.trouble, undefined)
})
