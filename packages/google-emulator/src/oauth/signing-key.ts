import { readFile, rename, writeFile } from 'node:fs/promises'
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'

export interface SigningKey {
  readonly publicJwk: JWK
  sign(claims: Record<string, unknown>): Promise<string>
  /** The claims of a token this key signed, that `issuer` issued and that is not expired at `now`.
   * @throws JOSEError otherwise */
  verify(token: string, expected: { readonly issuer: string; readonly now: Date }): Promise<JWTPayload>
}

let ofThisProcess: Promise<JWK> | undefined

/** The RS256 key for ID tokens. Kept in `file`, because Google does not change its keys when one server restarts and
 * clients look for a new key at most once a minute; without a file, one for all emulators of a process: making one takes
 * longer than most tests. */
export async function signingKey(file?: string): Promise<SigningKey> {
  if (file === undefined) {
    ofThisProcess ??= newPrivateJwk()
    return fromPrivateJwk(await ofThisProcess)
  }
  const kept = await keptKey(file)
  if (kept !== undefined) return fromPrivateJwk(kept)
  const made = await newPrivateJwk()
  // Whole or not at all: a death in the middle must not leave half a key.
  await writeFile(`${file}.new`, JSON.stringify(made), { mode: 0o600 })
  await rename(`${file}.new`, file)
  return fromPrivateJwk(made)
}

/** Only a missing file means "make one"; a key that cannot be read is never replaced. */
async function keptKey(file: string): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function newPrivateJwk(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return exportJWK(privateKey)
}

async function fromPrivateJwk(jwk: JWK): Promise<SigningKey> {
  const { kty, n, e } = jwk
  if (kty !== 'RSA' || n === undefined || e === undefined)
    throw new Error('the kept signing key is no RSA key')
  const kid = await calculateJwkThumbprint({ kty, n, e })
  const publicJwk: JWK = { kty, n, e, kid, alg: 'RS256', use: 'sig' }
  const [privateKey, publicKey] = await Promise.all([importJWK(jwk, 'RS256'), importJWK(publicJwk, 'RS256')])
  return {
    publicJwk,
    sign: (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey),
    verify: async (token, { issuer, now }) =>
      (await jwtVerify(token, publicKey, { issuer, currentDate: now })).payload,
  }
}
