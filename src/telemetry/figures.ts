/** What a process uses, as the operating system counts it. */
export interface Figures {
  /** Percent of one core since the last sample. */
  readonly cpu: number
  /** Bytes of resident memory. */
  readonly rss: number
}

/** CPU and memory of processes, sampled together. A process that is gone has none. */
export async function figuresOf(pids: readonly number[]): Promise<ReadonlyMap<number, Figures>> {
  const { default: pidusage } = await import('pidusage')
  const figures = new Map<number, Figures>()
  const samples = await pidusage([...pids]).catch(() => ({}))
  for (const [pid, sample] of Object.entries(samples)) {
    if (sample) figures.set(Number(pid), { cpu: round(sample.cpu), rss: sample.memory })
  }
  return figures
}

const round = (percent: number) => Math.round(percent * 10) / 10
