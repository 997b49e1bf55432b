import { join } from 'node:path'
import t from 'tap'
import { findConfigFile, loadConfigFile } from '../../src/config/load-file.js'

t.test('a configuration may be ESM, CommonJS, JSON or TypeScript', async (t) => {
  const cwd = t.testdir({
    'package.json': '{ "type": "module" }',
    'a.mjs': 'export default { workers: 2 }',
    'b.cjs': 'module.exports = { workers: 2 }',
    'c.json': '{ "$schema": "./schema.json", "workers": 2 }',
    'd.ts': 'const workers: number = 2\nexport default { workers }',
    'e.cjs':
      'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = { workers: 2 }',
  })
  for (const name of ['a.mjs', 'b.cjs', 'c.json', 'd.ts', 'e.cjs']) {
    const { content, base } = await loadConfigFile(join(cwd, name))
    t.same(content, { workers: 2 }, name)
    t.equal(base, cwd)
  }
})

t.test('TypeScript without a loader is refused with both ways out', async (t) => {
  const cwd = t.testdir({ 'a.ts': 'export default {}' })
  const absent = Object.assign(new Error('no tsx'), { code: 'ERR_MODULE_NOT_FOUND' })
  const nodeWithout = { native: false, loadTsx: () => Promise.reject(absent) }
  await t.rejects(loadConfigFile(join(cwd, 'a.ts'), nodeWithout), {
    code: 'typescript_unsupported',
    message: /a\.ts is TypeScript.*Node 22\.18 or newer.*npm install tsx/,
  })
})

t.test('a configuration that throws, does not parse or exports nothing gets one clear error', async (t) => {
  const cwd = t.testdir({
    'throws.mjs': 'throw new Error("no luck")',
    'empty.mjs': 'export const worker = 1',
    'broken.json': '{ "workers": }',
  })
  await t.rejects(loadConfigFile(join(cwd, 'throws.mjs')), {
    code: 'bad_config',
    message: /throws\.mjs cannot be loaded: no luck/,
  })
  await t.rejects(loadConfigFile(join(cwd, 'empty.mjs')), {
    code: 'bad_config',
    message: /no default export; write/,
  })
  await t.rejects(loadConfigFile(join(cwd, 'broken.json')), {
    code: 'bad_config',
    message: /broken\.json cannot be loaded/,
  })
})

t.test('the file asked for is used, else the one in the current directory, else none', async (t) => {
  const cwd = t.testdir({
    'my.mjs': '',
    one: { 'millrace.config.mts': '' },
    two: { 'millrace.config.js': '', 'millrace.config.json': '' },
    none: {},
  })
  t.equal(findConfigFile('my.mjs', cwd), join(cwd, 'my.mjs'))
  t.equal(findConfigFile(undefined, join(cwd, 'one')), join(cwd, 'one/millrace.config.mts'))
  t.equal(findConfigFile(undefined, join(cwd, 'none')), undefined)
  t.throws(() => findConfigFile('nope.mjs', cwd), {
    code: 'config_not_found',
    message: /nope\.mjs does not exist/,
  })
  t.throws(() => findConfigFile('one', cwd), { code: 'config_not_found', message: /is not a file/ })
  t.throws(() => findConfigFile(undefined, join(cwd, 'two')), {
    code: 'bad_config',
    message: /millrace\.config\.js and millrace\.config\.json/,
  })
})
