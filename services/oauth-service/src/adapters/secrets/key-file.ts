import { readFile } from 'node:fs/promises'
import { oauthErrors } from '../../domain/errors.ts'

/** Reads the service's key: 32 bytes, base64url.
 * @throws DomainError `secrets_key_invalid`. */
export async function readSecretsKey(path: string): Promise<Uint8Array> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    throw oauthErrors.secrets_key_invalid({ message: 'SECRETS_KEY_FILE cannot be read.', cause })
  }
  const key = Buffer.from(text, 'base64url')
  if (!/^[\w-]+=*$/.test(text) || key.length !== 32) throw oauthErrors.secrets_key_invalid()
  return key
}
