import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** A small message to a child and back, over a socketpair, one after the other. */
const { count, child } = JSON.parse(process.argv[2])
const message = Buffer.alloc(64, 'a')

if (child) {
  const socket = new Socket({ fd: 3, readable: true, writable: true })
  socket.on('data', (chunk) => socket.write(chunk))
} else {
  const other = spawn(process.execPath, [fileURLToPath(import.meta.url), '{"child":true}'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const socket = other.stdio[3]
  let left = count
  socket.on('data', () => {
    if (--left > 0) socket.write(message)
    else socket.end()
  })
  socket.write(message)
}
