import { seconds } from '../duration.ts'
import { couldNotCheck, type Surroundings } from '../outcome.ts'
import { dataDirectory, issuerIn } from '../running-stack.ts'

export interface TokenOptions {
  readonly sub: string
  readonly scope?: string
  readonly expires: string
  readonly dataDir?: string
}

/** A JWT of the running stack's development issuer, and nothing else, so that $(…) works. */
export async function token(options: TokenOptions, surroundings: Surroundings): Promise<string> {
  const { issuer, audience, key } = issuerIn(dataDirectory(options.dataDir, surroundings))
  if (key === null)
    throw couldNotCheck(`this stack takes its tokens from ${issuer}, which only that issuer can make`)
  const { importJWK, SignJWT } = await import('jose')
  const issuedAt = Math.floor(surroundings.now().getTime() / 1_000)
  return await new SignJWT(options.scope === undefined ? {} : { scope: options.scope })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(options.sub)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + seconds(options.expires))
    .sign(await importJWK(key, key.alg))
}
