import process from 'node:process'
import { turn } from '../turn.mjs'

const turns = Number(process.env.BENCH_TURNS)

/** Takes one millisecond, and tells who has taken it. */
export default (number) => (turn(turns, number) < 0 ? 0 : process.pid)
