import t from 'tap'
import { notInThisVersion } from '../../src/config/not-in-this-version.js'
import { options } from '../../src/config/options.js'

t.test('no option that this version has is said to be absent', async (t) => {
  for (const { key, flag, variable } of options) {
    t.same(
      [
        notInThisVersion('key', key),
        notInThisVersion('flag', `--${flag}`),
        notInThisVersion('variable', variable),
      ],
      [undefined, undefined, undefined],
      key,
    )
  }
})

t.test('an absent key is told by the name that it was written with', async (t) => {
  const told = (name: string) => `\`${name}\` is not in this version of millrace; leave it out`
  t.equal(notInThisVersion('key', 'http'), told('http'))
  t.equal(notInThisVersion('flag', '--http'), told('--http'))
  t.equal(notInThisVersion('variable', 'MILLRACE_HTTP'), told('MILLRACE_HTTP'))
})
