import { setTimeout as sleep } from 'node:timers/promises'

/** Orders in all. */
export const ORDERS = 5000

const prices = { apple: 40, bread: 310, cheese: 520, dates: 275 }
const skus = Object.keys(prices)

/** An order of one to three lines; the same number is the same order every time. Prices are in cents. */
export function orderNumbered(number) {
  const lines = Array.from({ length: 1 + (number % 3) }, (_, line) => {
    const sku = skus[(number + line) % skus.length]
    return { sku, quantity: 1 + ((number * 7 + line) % 5), price: prices[sku] }
  })
  return { customer: `customer ${number % 97}`, lines }
}

/**
 * The writer: orders as they come in. The id is the order's own, so that it stays what it is wherever
 * the orders are read from; without one, a record would be known by its number in the stream.
 */
export default async function* ({ position: begin = 0, record }) {
  for (let number = begin; number < ORDERS; number++) {
    yield record(orderNumbered(number), { id: `order-${number}`, position: number + 1 })
    await sleep(1)
  }
}
