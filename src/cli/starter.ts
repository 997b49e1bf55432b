import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pipelineNameAfter } from '../config/pipeline-name.js'
import { packageRoot } from '../package.js'
import type { NewFile } from './new-files.js'

/** What the pipeline of the templates writes its results to. */
export const output = 'output.ndjson'

export interface StarterFile extends NewFile {
  /** What it is for. */
  readonly about: string
}

/** The files of a pipeline to start from, made of those in `templates/`. */
export function starterFiles(folder: string, typescript: boolean): StarterFile[] {
  const extension = typescript ? 'mts' : 'mjs'
  const config = template('millrace.config.mjs')
    .replace('my-pipeline', pipelineNameAfter(basename(folder)))
    .replaceAll('.mjs', `.${extension}`)
  return [
    {
      name: `millrace.config.${extension}`,
      text: canImportMillrace(folder) ? config : withoutImport(config),
      about: 'where records come from, what handles them, where results go',
    },
    {
      name: `worker.${extension}`,
      text: template(`worker.${extension}`),
      about: 'your function, called with each record',
    },
    { name: 'input.txt', text: template('input.txt'), about: 'some records to begin with' },
  ]
}

const template = (name: string): string => readFileSync(new URL(`templates/${name}`, packageRoot()), 'utf8')

/**
 * Whether modules of a folder, which need not be there yet, find the package.
 *
 * `require.resolve` would not do: it looks into NODE_PATH, too, which pnpm sets and imports do not heed.
 */
export function canImportMillrace(folder: string): boolean {
  if (existsSync(join(folder, 'node_modules/millrace/package.json'))) return true
  const above = dirname(folder)
  return above !== folder && canImportMillrace(above)
}

/** The same configuration as a plain object. */
const withoutImport = (config: string): string =>
  config
    .replace("import { defineConfig } from 'millrace'\n\n", '')
    .replace('defineConfig({', '{')
    .replace(/\}\)\n$/, '}\n')
