import t from 'tap'
import { requireVersion } from '../../../src/queue/nats/version.js'

t.test('a NATS server that is too old is refused by name, with the version that is needed', async (t) => {
  for (const old of ['2.8.4', '1.4.1', undefined]) {
    t.throws(() => requireVersion(old, 'broker:4222'), {
      code: 'broker_unfit',
      exitCode: 78,
      message: /broker:4222.*2\.9/,
    })
  }
  for (const fit of ['2.9.10', '2.12.0', '3.0.0-beta'])
    t.doesNotThrow(() => requireVersion(fit, 'broker:4222'))
})
