/**
 * A command that is Node, and its first arguments, without what tap gives to every Node process that a test
 * starts: hooks, by NODE_OPTIONS, which take longer than all the rest of a start. They are added while the
 * process is spawned, so `env` takes them out.
 */
export const bareNode = (nodeOptions = ''): readonly [command: string, args: readonly string[]] => [
  '/usr/bin/env',
  [`NODE_OPTIONS=${nodeOptions}`, process.execPath],
]

/** The same, for `fork`. */
export function bareFork(execArgv: readonly string[] = []): { execPath: string; execArgv: string[] } {
  const [execPath, args] = bareNode()
  return { execPath, execArgv: [...args, ...execArgv] }
}
