import type { Scenario } from '../scenario.js'
import { checkpoint, checkpointCopy } from './checkpoint.js'
import { classic } from './classic.js'
import { cpu } from './cpu.js'
import { integers } from './integers.js'
import { latency } from './latency.js'
import { log } from './log.js'
import { memory } from './memory.js'
import { objects } from './objects.js'
import { overhead } from './overhead.js'
import { recovery } from './recovery.js'
import { resume } from './resume.js'
import { start } from './start.js'
import { strings } from './strings.js'
import { waiting } from './waiting.js'
import { workers } from './workers.js'

/** In the order of the report: what is moved, what is worked on, what it costs, what happens when things end. */
export const scenarios: readonly Scenario[] = [
  integers,
  objects,
  strings,
  classic,
  log,
  cpu,
  waiting,
  latency,
  overhead,
  workers,
  memory,
  start,
  recovery,
  checkpoint,
  checkpointCopy,
  resume,
]
