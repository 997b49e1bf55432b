import process from 'node:process'

const { default: handle } = await import(`../handlers/${process.env.BENCH_WORK}.mjs`)

/** One record a task. */
export const one = handle

/** An array of records a task. */
export const many = (values) => values.map((value) => handle(value))
