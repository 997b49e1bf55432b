/**
 * The worker: a result for each line of an order. The lines of `order-4` have the ids `order-4#1` and
 * `order-4#2`; the only line of `order-3` is `order-3`.
 */
export default function* ({ customer, lines }) {
  for (const { sku, quantity, price } of lines) yield { customer, sku, quantity, cents: quantity * price }
}
