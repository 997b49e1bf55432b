import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { buildProgram } from '../src/cli/program.js'
import { options } from '../src/config/options.js'
import { exitCode } from '../src/errors.js'
import { captured } from './fixtures/cli/captured.js'
import { linesOf } from './pipeline-run.js'
import { projectFolder } from './project-folder.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A fenced block: its language, what stands behind that, and its text. */
interface Block {
  readonly language: string
  readonly note: string
  readonly text: string
}

const blocks: readonly Block[] = [
  ...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```(\w+) (\S.*)\n([\s\S]*?)^```$/gm),
].map(([, language = '', note = '', text = '']) => ({ language, note, text }))

const commands = buildProgram({
  argv: [],
  terminal: captured(),
  launch: undefined,
  finish: () => {},
}).commands.map((command) => command.name())

interface Outcome {
  readonly error: Error | null
  readonly stdout: string
  readonly stderr: string
}

const runIn = (folder: string, script: string): Promise<Outcome> =>
  new Promise((resolve) => {
    const env = { ...process.env, XDG_RUNTIME_DIR: folder, TMPDIR: folder, npm_config_offline: 'true' }
    const shell = execFile(
      'bash',
      ['-euo', 'pipefail', '-c', script],
      { cwd: folder, env },
      (error, stdout, stderr) => resolve({ error, stdout, stderr }),
    )
    shell.stdin?.end()
  })

t.test('every sample of the README runs, in its order, and prints what it says', async (t) => {
  const folder = projectFolder(t)
  let printed = ''
  for (const { language, note, text } of blocks) {
    const [, file] = /^file=(\S+)$/.exec(note) ?? []
    if (file) writeFileSync(join(folder, file), text)
    else if (note === 'run') {
      const { error, stdout, stderr } = await runIn(folder, text)
      t.equal(error, null, `${text}${stderr}`)
      printed = stdout
    } else if (note === 'output') t.strictSame(linesOf(printed).sort(), linesOf(text).sort())
    else t.fail(`\`\`\`${language} ${note} is neither a file, a command nor its output`)
  }
  t.equal(blocks.filter(({ note }) => note === 'run').length, 7)
})

t.test('the README names every option, every command and every exit code', (t) => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  for (const code of Object.values(exitCode)) t.match(readme, new RegExp(`^\\| ${code} +\\|`, 'm'))
  for (const { key } of options) t.match(readme, new RegExp(`^\\| \`${key}\` +\\|`, 'm'))
  for (const name of commands) t.match(readme, new RegExp(`^millrace ${name} `, 'm'))
  t.end()
})
