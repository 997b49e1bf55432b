/** One at a time, as the writer of the classic program does. */
export default async function* () {
  for (let number = 0; ; number++) yield number
}
