import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'

/** Lives in memory only: a restart rotates it, and clients find the new key by its `kid`. */
export interface SigningKey {
  readonly publicJwk: JWK
  sign(claims: Record<string, unknown>): Promise<string>
  /** The claims of a token this key signed, that `issuer` issued and that is not expired at `now`.
   * @throws JOSEError otherwise */
  verify(token: string, expected: { readonly issuer: string; readonly now: Date }): Promise<JWTPayload>
}

let ofThisProcess: Promise<SigningKey> | undefined

/** The RS256 key for ID tokens. One for all emulators of a process: making one takes longer than most tests. */
export function signingKey(): Promise<SigningKey> {
  ofThisProcess ??= createSigningKey()
  return ofThisProcess
}

async function createSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey }: { publicKey: CryptoKey; privateKey: CryptoKey } =
    await generateKeyPair('RS256')
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  return {
    publicJwk: { ...jwk, kid, alg: 'RS256', use: 'sig' },
    sign: (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey),
    verify: async (token, { issuer, now }) =>
      (await jwtVerify(token, publicKey, { issuer, currentDate: now })).payload,
  }
}
