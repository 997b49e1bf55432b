/*
 * Imports go one way. Each layer may import itself (within its own folder) and the layers named
 * for it; whatever is not allowed here is an error, and so is every cycle.
 */
const below = {
  model: [],
  errors: ['model'],
  package: ['errors'],
  lines: ['model', 'errors'],
  codec: ['lines', 'model', 'errors', 'config'],
  flow: ['model', 'errors'],
  config: ['model', 'errors'],
  telemetry: ['model', 'errors', 'config'],
  'dead-letters': ['codec', 'config', 'model', 'errors'],
  link: ['codec', 'flow', 'config', 'model', 'errors'],
  queue: ['flow', 'config', 'telemetry', 'model', 'errors'],
  join: ['link', 'queue', 'config', 'telemetry', 'model', 'errors'],
  writer: ['link', 'queue', 'codec', 'flow', 'config', 'model', 'errors'],
  worker: ['link', 'queue', 'codec', 'lines', 'flow', 'config', 'model', 'errors'],
  sender: ['link', 'queue', 'codec', 'flow', 'config', 'model', 'errors'],
  connectors: ['lines', 'codec', 'flow', 'config', 'model', 'errors'],
  child: [
    'writer',
    'worker',
    'sender',
    'connectors',
    'link',
    'codec',
    'flow',
    'config',
    'telemetry',
    'model',
    'errors',
  ],
  http: ['telemetry', 'config', 'model', 'errors'],
  launch: ['config', 'model', 'errors'],
  // The primary forks `child` by its path, and imports no role's code.
  primary: [
    'http',
    'dead-letters',
    'join',
    'queue',
    'link',
    'codec',
    'lines',
    'flow',
    'config',
    'telemetry',
    'model',
    'errors',
    'package',
  ],
  // What it forks, it leaves to the primary's own hands.
  outpost: ['primary', 'join', 'queue', 'link', 'config', 'telemetry', 'model', 'errors', 'package'],
  control: ['dead-letters', 'telemetry', 'config', 'model', 'errors', 'package'],
  cli: [
    'outpost',
    'primary',
    'control',
    'dead-letters',
    'queue',
    'codec',
    'flow',
    'config',
    'telemetry',
    'model',
    'errors',
    'package',
  ],
}

const folderOf = (layer) => `^src/${layer}(/|\\.ts$)`

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(below).map(([layer, allowed]) => ({
      name: `${layer}-imports-only-what-is-below`,
      severity: 'error',
      from: { path: folderOf(layer) },
      to: { path: '^src/', pathNot: [layer, ...allowed].map(folderOf) },
    })),
    {
      name: 'children-load-no-schema',
      comment: 'Children load neither schema, command line nor HTTP libraries.',
      severity: 'error',
      from: { path: '^src/child/main\\.ts$' },
      to: { path: 'node_modules/(zod|commander|fastify|prom-client|pidusage)/', reachable: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
