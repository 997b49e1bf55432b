/** More than any machine has use for: who asks for so many has mistyped. */
export const MOST_WORKERS = 1024
