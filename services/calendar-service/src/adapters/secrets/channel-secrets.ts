import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ChannelSecrets } from '../../application/ports.ts'

export const channelSecrets: ChannelSecrets = {
  next: () => {
    const secret = randomBytes(32).toString('base64url')
    return { secret, secretHash: hashOf(secret) }
  },
  // Hashes are of one length, and comparing them takes the same time wherever they differ.
  matches: (secret, secretHash) => {
    const [guess, known] = [Buffer.from(hashOf(secret)), Buffer.from(secretHash)]
    return guess.length === known.length && timingSafeEqual(guess, known)
  },
}

/** 256 random bits need no slow hash. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
