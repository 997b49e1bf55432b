import { locate, type Wanted } from '../control/locate.js'
import { controlFolders, type Entry, entriesIn } from '../control/registry.js'
import type { Terminal } from './terminal.js'

/** The pipelines of this user that run on this machine. */
export const reachable = ({ env }: Terminal): Entry[] => entriesIn(controlFolders(env))

/** The one pipeline that a command is for. */
export const reach = (wanted: Wanted, terminal: Terminal): Entry =>
  locate(reachable(terminal), wanted, terminal.cwd)
