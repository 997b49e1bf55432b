import t from 'tap'
import type { Contender } from '../../bench/contender.js'
import { runRounds } from '../../bench/rounds.js'

t.test('in each round every contender runs once, and every other round goes backwards', async (t) => {
  const order: string[] = []
  const contender = (name: string): Contender => ({
    name,
    run: async () => ({ turn: order.push(name) }),
  })
  const told: string[] = []
  const measured = await runRounds([contender('a'), contender('b'), contender('c')], 3, (round, { name }) =>
    told.push(`${round}${name}`),
  )
  t.same(order, ['a', 'b', 'c', 'c', 'b', 'a', 'a', 'b', 'c'])
  t.same(told, ['1a', '1b', '1c', '2c', '2b', '2a', '3a', '3b', '3c'])
  t.same(measured.get('a'), [{ turn: 1 }, { turn: 6 }, { turn: 7 }])
})
