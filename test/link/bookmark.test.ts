import { closeSync, openSync } from 'node:fs'
import t, { type Test } from 'tap'
import { BOOKMARKS_BYTES, Bookmark, MOST_BOOKMARKS } from '../../src/link/bookmark.js'
import { SlotFile } from '../../src/link/slot-file.js'
import { Bookmarks } from '../../src/primary/bookmarks.js'

const fileOf = (test: Test): number => {
  const file = openSync(`${test.testdir({})}/memory`, 'w+')
  test.teardown(() => closeSync(file))
  return file
}

t.test('the place that one process sets another reads, and bookmarks do not touch', async (t) => {
  const file = fileOf(t)
  const [first, second] = [new Bookmark(file, 0), new Bookmark(file, 1)]
  t.equal(first.read(), undefined, 'never set')
  second.set(2 ** 40 + 1)
  first.set(0)
  t.equal(new Bookmark(file, 0).read(), 0)
  t.equal(new Bookmark(file, 1).read(), 2 ** 40 + 1)
  second.clear()
  t.equal(new Bookmark(file, 1).read(), undefined)
  t.equal(new Bookmark(file, 0).read(), 0)
})

t.test('slots stand behind the last bookmark', async (t) => {
  const file = fileOf(t)
  new Bookmark(file, MOST_BOOKMARKS - 1).set(7)
  new SlotFile(file).write({ slot: 0, generation: 1 }, Buffer.alloc(BOOKMARKS_BYTES, 'x'))
  t.equal(new Bookmark(file, MOST_BOOKMARKS - 1).read(), 7)
})

t.test('each process has a bookmark of its own, which says nothing at first', async (t) => {
  const file = fileOf(t)
  const bookmarks = new Bookmarks(file)
  const numbers = ['worker:1/1', 'worker:2/1'].map((key) => bookmarks.give(key)!)
  t.equal(new Set(numbers).size, 2)
  t.equal(bookmarks.give('worker:1/1'), numbers[0], 'asked again')
  new Bookmark(file, numbers[0]!).set(5)
  t.equal(bookmarks.read('worker:1/1'), 5)
  t.equal(bookmarks.read('worker:2/1'), undefined)
  bookmarks.takeBack('worker:1/1')
  t.equal(bookmarks.read('worker:1/1'), undefined)
  t.equal(bookmarks.give('worker:1/2'), numbers[0], 'given on')
  t.equal(bookmarks.read('worker:1/2'), undefined, 'and not what its last owner was at')
})

t.test('when all are given, a process does without', async (t) => {
  const bookmarks = new Bookmarks(fileOf(t))
  for (let i = 0; i < MOST_BOOKMARKS; i++) bookmarks.give(`worker:${i}/1`)
  t.equal(bookmarks.give('one more'), undefined)
  t.equal(bookmarks.read('one more'), undefined)
  bookmarks.takeBack('worker:7/1')
  t.equal(bookmarks.give('one more'), 7)
})
