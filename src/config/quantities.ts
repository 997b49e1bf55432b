const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const perSecondOf = { s: 1, m: 1 / 60, h: 1 / 3600 } as const
const bytes = { b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 } as const

export const durationPattern = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/
export const sizePattern = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)$/i

export const sharePattern = /^(\d+(?:\.\d+)?)\s*%$/
export const ratePattern = /^(\d+(?:\.\d+)?)\s*\/\s*(s|m|h)$/

/** Milliseconds. Node's timers fire at once when they are asked to wait longer. */
export const longestDuration = 2 ** 31 - 1

/** Milliseconds of a duration (`'200ms'`, `'1.5m'`, or a number of milliseconds); undefined if it is none. */
export function parseDuration(duration: unknown): number | undefined {
  const length = typeof duration === 'string' ? amountIn(duration, durationPattern, milliseconds) : duration
  if (typeof length !== 'number') return undefined
  return length >= 0 && length <= longestDuration ? length : undefined
}

/** Whole bytes of a size (`'64mb'` is 64 × 2^20, or a number of bytes); undefined if it is none. */
export function parseSize(size: unknown): number | undefined {
  const amount = typeof size === 'string' ? amountIn(size, sizePattern, bytes) : size
  if (typeof amount !== 'number') return undefined
  const whole = typeof size === 'string' ? Math.floor(amount) : amount
  return Number.isSafeInteger(whole) && whole >= 1 ? whole : undefined
}

/** A share (`'20%'`, or a number from 0 to 1); undefined if it is none. */
export function parseShare(share: unknown): number | undefined {
  const part = typeof share === 'string' ? amountIn(share, sharePattern, { '': 0.01 }) : share
  return typeof part === 'number' && part >= 0 && part <= 1 ? part : undefined
}

/** Records a second of a rate (`'500/s'`, `'30/m'`, or a number of records a second); undefined if it is none. */
export function parseRate(rate: unknown): number | undefined {
  const perSecond = typeof rate === 'string' ? amountIn(rate, ratePattern, perSecondOf) : rate
  return typeof perSecond === 'number' && perSecond > 0 && Number.isFinite(perSecond) ? perSecond : undefined
}

/** A size as somebody would write it: `33554432` is `32mb`. */
export function formatSize(size: number): string {
  for (const unit of ['gb', 'mb', 'kb'] as const) {
    if (size >= bytes[unit] && size % bytes[unit] === 0) return `${size / bytes[unit]}${unit}`
  }
  return `${size} bytes`
}

function amountIn(
  text: string,
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
): number | undefined {
  const [, amount, unit = ''] = pattern.exec(text.trim()) ?? []
  return amount === undefined ? undefined : Number(amount) * units[unit.toLowerCase()]!
}
