import fc from 'fast-check'
import t from 'tap'
import { Commit } from '../../src/flow/commit.js'
import { Crashing, type Kinds } from './crashing.js'

const kinds: readonly Kinds[] = (['kept', 'told', 'live'] as const).flatMap((source) =>
  (['plain', 'idempotent', 'cuttable'] as const).map((sink) => ({ source, sink })),
)

for (const { source, sink } of kinds) {
  t.test(`a crash at any step loses nothing: ${source} source, ${sink} sink`, async (t) => {
    let crashes = 0
    fc.assert(
      fc.property(
        fc.array(fc.record({ pick: fc.nat(1000), crash: fc.nat(25) }), {
          minLength: 30,
          maxLength: 250,
          size: 'max',
        }),
        (history) => {
          const world = new Crashing({ source, sink }, 60)
          for (const { pick, crash } of history) {
            if (crash === 0) world.crash(pick)
            else world.step(pick)
            world.check()
          }
          world.finish()
          crashes += world.crashes
        },
      ),
      { numRuns: 150 },
    )
    t.ok(crashes > 300, `${crashes} crashes`)
  })
}

t.test('a source that ends when everything is noted already is worth another checkpoint', async (t) => {
  const commit = new Commit<string>({ from: { place: 0, settledBeyond: [] }, delivers: false })
  t.match(
    commit.begin(() => 'at the start'),
    { do: 'write' },
  )
  commit.written()
  t.equal(
    commit.begin(() => 'nothing new'),
    undefined,
  )
  commit.touch()
  t.match(
    commit.begin(() => 'at the end'),
    { do: 'write', draft: { place: 0, note: 'at the end' } },
  )
})
