/** Stands for whatever sends to Kafka. */
export default async () => {}
