import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { OneTimeSecrets } from '../../application/ports.ts'

/** Random secrets from the system's source; tickets derived from the service's key. */
export function createOneTimeSecrets(key: Uint8Array): OneTimeSecrets {
  return {
    create: () => randomBytes(32).toString('base64url'),
    ticketOf: (authorizationId) =>
      createHmac('sha256', key).update(`authorization ticket ${authorizationId}`).digest('base64url'),
    fingerprint: (secret) => createHash('sha256').update(secret).digest('base64url'),
  }
}
