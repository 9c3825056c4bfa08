import type { BreakerMetrics } from '@evergrant/service-runtime'
import { GoogleAuth } from 'google-auth-library'
import { tokenErrors } from '../../domain/errors.ts'
import { createGoogleKms } from './google-kms.ts'
import type { KeyEncryption } from './key-encryption.ts'
import { loadKeyRing } from './key-ring.ts'

export interface KeyEncryptionSettings {
  readonly ringFile: string | undefined
  readonly kmsKey: string | undefined
  readonly kmsApiUrl: string
}

/** The local ring, a KMS, or both: then the KMS wraps and the ring only opens what it wrapped before the move.
 * @throws DomainError `key_ring_unreadable` for a damaged file, and when nothing is configured. */
export async function openKeyEncryption(
  { ringFile, kmsKey, kmsApiUrl }: KeyEncryptionSettings,
  around: { readonly elapsedMs: () => number; readonly metrics: BreakerMetrics },
): Promise<KeyEncryption> {
  const ring = ringFile === undefined ? undefined : await loadKeyRing(ringFile)
  if (kmsKey === undefined) {
    if (ring) return ring
    throw tokenErrors.key_ring_unreadable({
      detail: { problem: 'neither VAULT_KEY_RING_FILE nor VAULT_KMS_KEY' },
    })
  }
  const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloudkms' })
  const kms = createGoogleKms({
    key: kmsKey,
    apiUrl: kmsApiUrl,
    accessToken: async () => (await auth.getAccessToken()) ?? '',
    ...around,
  })
  return ring === undefined ? kms : kmsAfterRing(kms, ring)
}

/** Wraps with the KMS; opens with whichever wrapped. */
export function kmsAfterRing(kms: KeyEncryption, ring: KeyEncryption): KeyEncryption {
  return {
    ...kms,
    keyIds: () => ring.keyIds(),
    unwrap: (wrapped, context) =>
      (wrapped.keyId.startsWith('projects/') ? kms : ring).unwrap(wrapped, context),
    retire: () => {
      throw tokenErrors.vault_key_in_use({
        message: 'Remove VAULT_KEY_RING_FILE once no data key needs the ring.',
      })
    },
  }
}
