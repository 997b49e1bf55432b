import { setTimeout as sleep } from 'node:timers/promises'

export default async function* () {
  for (let number = 0; number < 30; number++) {
    yield number
    await sleep(1)
  }
}
