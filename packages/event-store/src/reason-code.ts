/** The stable word of why something was parked: `message_too_large` of `message_too_large: larger than …`. Rows that an
 * older release parked may have none. */
export function reasonCode(reason: string): string {
  return /^[a-z][a-z0-9_]*(?=: )/.exec(reason)?.[0] ?? 'unknown'
}
