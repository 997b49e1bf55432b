import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Keeps every core busy, twice over, until the returned function is called. */
export function burn(): () => void {
  const burners = Array.from({ length: 2 * availableParallelism() }, () =>
    spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  )
  return () => {
    for (const burner of burners) burner.kill('SIGKILL')
  }
}
