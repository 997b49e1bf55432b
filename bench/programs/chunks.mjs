/** The values of records `0` to `records - 1`, in arrays of `size`. */
export function* chunks(make, records, size) {
  for (let from = 0; from < records; from += size) {
    const length = Math.min(size, records - from)
    const chunk = new Array(length)
    for (let i = 0; i < length; i++) chunk[i] = make(from + i)
    yield chunk
  }
}

/** Keeps `lanes` calls under way: each lane takes the next item when its last one is done. */
export async function inLanes(lanes, items, call) {
  const iterator = items[Symbol.iterator]()
  const lane = async () => {
    for (let step = iterator.next(); !step.done; step = iterator.next()) await call(step.value)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
