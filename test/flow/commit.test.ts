import fc from 'fast-check'
import t from 'tap'
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
