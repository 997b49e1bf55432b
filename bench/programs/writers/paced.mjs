import process from 'node:process'
import { paced } from '../paced.mjs'

/** A thousand stamps a second; nobody could read them again. */
export const live = true

export default () => paced(Number(process.env.BENCH_RECORDS))
