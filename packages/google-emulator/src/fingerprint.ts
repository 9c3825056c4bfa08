import { createHash, randomBytes } from 'node:crypto'

/** SHA-256, base64url. The state file and every lookup know tokens only by this, never in clear. */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

/** Enough of a digest to tell two secrets apart in a log, too little to find one. */
export function fingerprint(secret: string): string {
  return `fp:${digest(secret).slice(0, 10)}`
}

/** A new opaque secret with a readable prefix, like Google's `ya29.` and `1//`. */
export function newSecret(prefix: string, bytes = 48): string {
  return prefix + randomBytes(bytes).toString('base64url')
}
