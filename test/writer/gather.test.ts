import fc from 'fast-check'
import t from 'tap'
import { Gather } from '../../src/writer/gather.js'

const kinds = {
  sync: function* (count: number, pulled: { count: number }, fails: boolean) {
    for (let value = 0; value < count; value++) {
      pulled.count++
      yield value
    }
    if (fails) throw new Error('after the values')
  },
  async: async function* (count: number, pulled: { count: number }, fails: boolean) {
    for (let value = 0; value < count; value++) {
      pulled.count++
      if (value % 3 === 2) await new Promise((resolve) => setImmediate(resolve))
      yield value
    }
    if (fails) throw new Error('after the values')
  },
}

for (const [kind, generate] of Object.entries(kinds)) {
  t.test(
    `a generator that is ${kind} is never pulled beyond what was asked for, and nothing of it is lost`,
    async (t) => {
      const limits = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 })
      await fc.assert(
        fc.asyncProperty(fc.nat(30), limits, fc.boolean(), async (count, asked, fails) => {
          const pulled = { count: 0 }
          const gather = new Gather<number>(generate(count, pulled, fails))
          const got: number[] = []
          let failure: unknown
          for (let turn = 0; ; turn++) {
            const limit = asked[turn % asked.length]!
            const values = await gather.next(limit).catch((error) => {
              failure = error
              return []
            })
            if (values.length === 0) break
            if (values.length > limit) return false
            if (pulled.count > got.length + limit) return false
            got.push(...values)
          }
          return got.length === count && got.every((value, at) => value === at) && Boolean(failure) === fails
        }),
        { numRuns: 150 },
      )
      t.pass()
    },
  )
}

t.test('a lone value leaves at once, though the generator never yields another', async (t) => {
  let cleaned = false
  async function* lone() {
    try {
      yield 'alone'
      await new Promise(() => {})
    } finally {
      cleaned = true
    }
  }
  const gather = new Gather(lone())
  t.same(await gather.next(100), ['alone'])
  gather.close()
  t.equal(cleaned, false, 'it is not waited for')
})

t.test('a generator that is not waiting is closed', async (t) => {
  let cleaned = false
  function* values() {
    try {
      for (;;) yield 1
    } finally {
      cleaned = true
    }
  }
  const gather = new Gather(values())
  t.same(await gather.next(2), [1, 1])
  gather.close()
  t.ok(cleaned)
})

t.test('a generator that becomes slow and never pauses holds nothing up for long', async (t) => {
  function* slow() {
    for (let value = 0; ; value++) {
      const until = performance.now() + (value < 100 ? 0 : 2)
      while (performance.now() < until);
      yield value
    }
  }
  const gather = new Gather(slow())
  const values = await gather.next(10_000)
  t.ok(values.length <= 100 + 3 + 8, `${values.length} values`)
  gather.close()
})
