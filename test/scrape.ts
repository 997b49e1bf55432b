import type { PipelineRun } from './pipeline-run.js'

/** What `/metrics` answered: the value of each line, by its name and labels, without that of the pipeline. */
export class Scrape {
  readonly text: string
  readonly #values: ReadonlyMap<string, number>

  constructor(text: string) {
    this.text = text
    this.#values = new Map(
      text.split('\n').flatMap((line) => {
        const [, series, value] = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line) ?? []
        return series === undefined
          ? []
          : [[series.replace(/,?pipeline="[^"]*"/, '').replace('{}', ''), Number(value)]]
      }),
    )
  }

  /** @param series such as `millrace_records_settled_total{outcome="dropped"}`, without `millrace_` */
  value(series: string): number {
    const value = this.#values.get(`millrace_${series}`)
    if (value === undefined) throw new Error(`there is no millrace_${series} in\n${this.text}`)
    return value
  }

  has(series: string): boolean {
    return this.#values.has(`millrace_${series}`)
  }
}

/** Asks a pipeline over HTTP, as soon as it listens. */
export async function ask(run: PipelineRun, path: string): Promise<Response> {
  const { url } = await run.event('httpOpened')
  return await fetch(url + path)
}

export const scrape = async (run: PipelineRun): Promise<Scrape> =>
  new Scrape(await (await ask(run, '/metrics')).text())
