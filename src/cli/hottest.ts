/** A function by the time that was spent in itself, without what it called. */
export interface Hot {
  readonly name: string
  /** `URL:LINE`; empty for what V8 puts in brackets: `(idle)`, `(garbage collector)`, … */
  readonly where: string
  /** Share of all time, 0 to 1. */
  readonly self: number
}

/** What is used of a `.cpuprofile`, in the words of V8. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  /** Node by node, as they were seen. */
  readonly samples: readonly number[]
  /** Microseconds from one sample to the next; the first from the start. */
  readonly timeDeltas: readonly number[]
  readonly startTime: number
  readonly endTime: number
}

/** How long a profile took, in seconds, and the functions that took most of it. */
export function hottestIn(
  json: string,
  most: number,
): { readonly seconds: number; readonly functions: Hot[] } {
  const { nodes, samples, timeDeltas, startTime, endTime } = JSON.parse(json) as CpuProfile
  const byNode = new Map<number, number>()
  let total = 0
  for (const [at, node] of samples.entries()) {
    const spent = Math.max(0, timeDeltas[at] ?? 0)
    total += spent
    byNode.set(node, (byNode.get(node) ?? 0) + spent)
  }
  const byFunction = new Map<string, { readonly name: string; readonly where: string; spent: number }>()
  for (const { id, callFrame } of nodes) {
    const name = callFrame.functionName || '(anonymous)'
    const where = callFrame.url === '' ? '' : `${callFrame.url}:${callFrame.lineNumber + 1}`
    const key = `${name} ${where}`
    const known = byFunction.get(key) ?? { name, where, spent: 0 }
    known.spent += byNode.get(id) ?? 0
    byFunction.set(key, known)
  }
  const functions = [...byFunction.values()]
    .filter(({ spent }) => spent > 0)
    .sort((a, b) => b.spent - a.spent)
    .slice(0, most)
    .map(({ name, where, spent }) => ({ name, where, self: spent / total }))
  return { seconds: (endTime - startTime) / 1e6, functions }
}
