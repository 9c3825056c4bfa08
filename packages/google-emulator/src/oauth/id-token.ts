import { createHash } from 'node:crypto'
import type { Grant } from '../state.ts'
import { nowMs, type World } from '../world.ts'
import { userClaims } from './user-claims.ts'

interface IdTokenInput {
  readonly scopes: readonly string[]
  readonly nonce: string | null
  readonly accessToken: string
}

/** A signed ID token for the account of a grant (OpenID Connect Core section 2). */
export function idTokenFor(world: World, grant: Grant, input: IdTokenInput): Promise<string> {
  const account = world.state.accounts.get(grant.sub)
  if (!account) throw new Error('a grant always has an account')
  const issuedAt = Math.floor(nowMs(world) / 1000)
  const half = createHash('sha256').update(input.accessToken).digest().subarray(0, 16)
  return world.signingKey.sign({
    iss: world.issuer,
    azp: grant.clientId,
    aud: grant.clientId,
    ...userClaims(account, input.scopes),
    at_hash: half.toString('base64url'),
    ...(input.nonce !== null && { nonce: input.nonce }),
    iat: issuedAt,
    exp: issuedAt + 3600,
  })
}
