/** So many steps of a linear congruential generator: work that no compiler can leave out, and that touches no memory. */
export function turn(steps, seed) {
  let state = seed | 0
  for (let step = 0; step < steps; step++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  return state >>> 0
}
