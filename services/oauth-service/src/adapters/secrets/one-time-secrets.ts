import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { OneTimeSecrets } from '../../application/ports.ts'

/** One key, separate tickets: no ticket opens another link. */
const purposes = {
  begin: 'authorization ticket',
  begin_again: 'authorization ticket for asking again',
  another: 'ticket for another authorization after',
} as const

/** Random secrets from the system's source; tickets derived from the service's key. */
export function createOneTimeSecrets(key: Uint8Array): OneTimeSecrets {
  return {
    create: () => randomBytes(32).toString('base64url'),
    ticketOf: (authorizationId, link = 'begin') =>
      createHmac('sha256', key).update(`${purposes[link]} ${authorizationId}`).digest('base64url'),
    fingerprint: (secret) => createHash('sha256').update(secret).digest('base64url'),
  }
}
