/** A name for a pipeline, after something else that has one: `my worker` gives `my-worker`. */
export function pipelineNameAfter(text: string): string {
  const bare = text.replace(/[^A-Za-z0-9]+/g, '-')
  return bare.replace(/^-+|-+$/g, '').slice(0, 64) || 'pipeline'
}
