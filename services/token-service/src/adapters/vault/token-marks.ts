import { createHash } from 'node:crypto'

/** Google names a token by so many of its first characters. */
const prefixLength = 16

/** What is stored of a refresh token, to find its grant again. The inner hash goes into the outer one as bytes, as
 * Google's sample code does it. */
export function marksOf(refreshToken: string): { readonly doubleHash: string; readonly prefixHash: string } {
  return {
    doubleHash: sha512(sha512(refreshToken)).toString('base64'),
    prefixHash: prefixMark(refreshToken.slice(0, prefixLength)),
  }
}

export function prefixMark(prefix: string): string {
  return sha512(prefix).toString('base64')
}

/** A digest in the one spelling that is stored; senders write base64, base64url or hex. null for what is no SHA-512. */
export function doubleHashMark(digest: string): string | null {
  const bytes = /^[0-9a-f]{128}$/i.test(digest) ? Buffer.from(digest, 'hex') : Buffer.from(digest, 'base64')
  return bytes.length === 64 ? bytes.toString('base64') : null
}

function sha512(of: string | Buffer): Buffer {
  return createHash('sha512').update(of).digest()
}
