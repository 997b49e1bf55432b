import process from 'node:process'

/** Is there, and does nothing. */
process.on('disconnect', () => process.exit(0))
process.send('up')
