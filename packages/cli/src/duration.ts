import { couldNotCheck } from './outcome.ts'

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** `90s`, `15m`, `1h`, `7d` in seconds. */
export function seconds(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? []
  const value = Number(count) * (secondsOf[unit] ?? 0)
  if (value > 0) return value
  throw couldNotCheck(`${text} is no duration: write 90s, 15m, 1h or 7d`)
}
