import process from 'node:process'
import { turn } from '../turn.mjs'

/** As many turns as take one millisecond on an idle core, by `calibrate.mjs`. */
const turns = Number(process.env.BENCH_TURNS)

export default (number) => turn(turns, number)
