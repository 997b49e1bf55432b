import { values } from '../values.mjs'

export default function* () {
  for (let number = 0; ; number++) yield values.objects(number)
}
