/** Stands for whatever sends to Kafka: returning means delivered, throwing means try again. */
export default async (text, ctx) => {
  ctx.log.info(`sent to Kafka: ${text}`)
}
