import { setTimeout as sleep } from 'node:timers/promises'

export default async (number) => {
  await sleep(10)
  return number
}
