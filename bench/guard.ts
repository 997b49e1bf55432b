/*
 * `npm run guard`: whether something has become twice as dear since somebody looked. Unlike the
 * benchmark it has a verdict, so it compares nothing but processor time with processor time.
 */
import process from 'node:process'
import { ownVersion } from '../src/package.js'
import { guards } from './guards/index.js'
import { thisMachine } from './machine.js'
import { measure, say } from './measure.js'
import { goalsOf, introduce } from './report.js'
import { findTools } from './tools.js'

const circumstances = {
  command: 'npm run guard',
  machine: thisMachine(),
  versions: findTools(),
  version: ownVersion(),
  rounds: 3,
  quick: false,
}
say(introduce(circumstances).join('\n'))
const results = await measure(guards, circumstances)
say(`\n${goalsOf(results).join('\n')}`)
// Where bash is missing nothing is judged, and that is said.
const missed = results.some(
  (result) => 'reason' in result || result.judgements.some(({ met }) => met === false),
)
process.exitCode = missed ? 1 : 0
