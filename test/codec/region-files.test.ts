import { renameSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { decodeBatch, decodeId, decodeKeys, encodeRegion, openRegion } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { RegionFiles } from '../../src/codec/region-files.js'
import { idAt } from '../../src/model/ids.js'
import type { Region } from '../../src/model/region.js'

const content = 'one\ntwo\n{"three":3}\n'

function regionOf(t: Test, from: number, to: number, format: Region['format'] = 'lines'): Region {
  const path = join(t.testdir({ 'in.log': content }), 'in.log')
  return { path, inode: statSync(path).ino, from, to, format, prefix: 'in.log@' }
}

function filesOf(t: Test): RegionFiles {
  const files = new RegionFiles()
  t.teardown(() => files.close())
  return files
}

t.test('a batch that says where its records stand is decoded to these records', async (t) => {
  const payload = encodeRegion(regionOf(t, 4, 20))
  const records = decodeBatch(payload, 2, codecNamed('msgpack'))
  t.same(records.values, ['two', '{"three":3}'])
  t.same(
    [0, 1].map((index) => idAt(records.ids, index)),
    ['in.log@4', 'in.log@8'],
  )
  t.same(
    [0, 1].map((index) => decodeId(payload, 2, index)),
    ['in.log@4', 'in.log@8'],
  )
  t.equal(decodeKeys(payload, 2), undefined)
})

t.test('a line that is no record is refused, and the others are there', async (t) => {
  const records = filesOf(t).read(regionOf(t, 4, 20, 'ndjson'), 2)
  t.same(records.values, [undefined, { three: 3 }])
  t.match([...records.refusals!], [[0, { code: 'record_not_json', reason: /The line is not JSON/ }]])
})

t.test(
  'a file that lost its name is still read, once it was opened, and another is never taken for it',
  async (t) => {
    const files = filesOf(t)
    const region = regionOf(t, 0, 4)
    t.same(files.read(region, 1).values, ['one'])
    renameSync(region.path, `${region.path}.1`)
    writeFileSync(region.path, 'uno\ndos\n')
    t.same(files.read({ ...region, from: 4, to: 8 }, 1).values, ['two'])
    const changed = { code: 'source_changed', message: /in\.log was changed or replaced .* --fresh/ }
    t.throws(() => filesOf(t).read(region, 1), changed)
  },
)

t.test('a file is opened when its first region is heard of, so that it may lose its name', async (t) => {
  const files = filesOf(t)
  const region = regionOf(t, 0, 4)
  openRegion(encodeRegion(region), files)
  renameSync(region.path, `${region.path}.1`)
  t.same(files.read(region, 1).values, ['one'])
  t.doesNotThrow(
    () => openRegion(encodeRegion(region), filesOf(t)),
    'whoever reads it will say that it is gone',
  )
})

t.test('what the writer did not see there is an error that names the file and the fix', async (t) => {
  const files = filesOf(t)
  const region = regionOf(t, 0, 8)
  const changed = { code: 'source_changed', message: /bytes 0 to 8 held 3 lines/ }
  t.throws(() => files.read(region, 3), changed)
  truncateSync(region.path, 6)
  t.throws(() => files.read(region, 2), { code: 'source_changed' })
  const gone = { ...region, path: `${region.path}.gone` }
  t.throws(() => files.read(gone, 2), { code: 'source_failed', message: /ENOENT/ })
  t.same(
    [0, 1].map((index) => decodeId(encodeRegion(gone), 2, index)),
    ['in.log@0', 'in.log@0 + 1 lines'],
  )
})
