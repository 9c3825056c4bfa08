import { readFile, writeFile } from 'node:fs/promises'
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
  const kept = await readFile(file, 'utf8').catch(() => undefined)
  if (kept !== undefined) return fromPrivateJwk(JSON.parse(kept))
  const made = await newPrivateJwk()
  await writeFile(file, JSON.stringify(made), { mode: 0o600 })
  return fromPrivateJwk(made)
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
