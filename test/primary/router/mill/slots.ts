import { Stored } from '../../../../src/model/payload.js'

let filled = 0

/** A payload as in shared memory: gone as soon as nobody is said to need it, and an error if that is said twice. */
export function inSlot(bytes: Uint8Array): Stored {
  let released = false
  const expectHeld = () => {
    if (released) throw new Error('a slot is used after it was released')
  }
  return new Stored(
    { slot: filled++, generation: 1, byteLength: bytes.byteLength },
    {
      read: () => {
        expectHeld()
        return bytes
      },
      release: () => {
        expectHeld()
        released = true
      },
    },
  )
}
