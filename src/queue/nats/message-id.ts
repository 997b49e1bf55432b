/** The header that carries a message's id, by which the server recognizes what is published twice. */
export const MESSAGE_ID = 'Nats-Msg-Id'

/** The id of the `number`-th message of a run: it names exactly one content, however often it is published. */
export const messageId = (run: string, number: number): string => `${run}.${number}`

/** The number in an id, if it is one of this run. */
export function numberOfOurs(run: string, id: string | undefined): number | undefined {
  if (!id?.startsWith(`${run}.`)) return undefined
  const number = Number(id.slice(run.length + 1))
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
