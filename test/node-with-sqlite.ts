import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Whether the Node that runs the tests has `node:sqlite`. */
export const hasSqlite = process.getBuiltinModule('node:sqlite') !== undefined

type Found = { readonly path: string } | { readonly missing: string }

/** The path of a Node that has `node:sqlite`, or why there is none: the reason to skip a test with. */
export async function findNodeWithSqlite(): Promise<Found> {
  if (hasSqlite) return { path: process.execPath }
  try {
    return { path: await nodeFromNpm() }
  } catch (error) {
    const here = `Node ${process.versions.node} has no node:sqlite`
    return { missing: `${here}, and npx could not get one that has: ${reasonOf(error)}` }
  }
}

/** The npm package `node`, which npx keeps in its cache; the registry is only asked when it is not there. */
async function nodeFromNpm(): Promise<string> {
  const print = "process.getBuiltinModule('node:sqlite').DatabaseSync && process.execPath"
  const args = ['--yes', '--prefer-offline', '--package', 'node@24', 'node', '--print', print]
  const { stdout } = await promisify(execFile)('npx', args, { env: { ...process.env, NODE_OPTIONS: '' } })
  return stdout.trim()
}

/** Of what npm says, the line behind the error's code: it tells what was wrong. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return /^npm error code .*\nnpm error (.*)$/m.exec(text)?.[1] ?? text.trim().split('\n')[0]!
}
