import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

/** Byte of the file from which every line takes a second; without it, none does. */
const slowFrom = Number(process.env.BENCH_SLOW_FROM ?? Number.POSITIVE_INFINITY)

export default (line, ctx) => {
  const offset = Number(ctx.id.slice(ctx.id.lastIndexOf('@') + 1))
  return offset < slowFrom ? line : sleep(1000, line)
}
