import type { SecretBinding } from '../../application/ports.ts'

export type Field = 'access_token' | 'refresh_token'

/** What a wrapped data key is bound to. */
export function keyContext(
  { userId, grantId }: Omit<SecretBinding, 'generation'>,
  dataKeyId: string,
): string {
  return JSON.stringify([userId, grantId, dataKeyId])
}

/** What a token is bound to. */
export function fieldContext(
  { userId, grantId, generation }: SecretBinding,
  field: Field,
  dataKeyId: string,
): string {
  return JSON.stringify(['evergrant/token/v1', userId, grantId, generation, field, dataKeyId])
}
