import process from 'node:process'

/** Keeps a core busy, and looks now and then whether its parent is still there. */
process.on('disconnect', () => process.exit(0))
process.send('up', burn)

function burn() {
  const until = performance.now() + 10
  while (performance.now() < until);
  setImmediate(burn)
}
