import { ok } from '../http/call.ts'
import { type Route, route } from '../http/router.ts'
import type { World } from '../world.ts'

/** OpenID Connect discovery and the keys that sign ID tokens. */
export function discoveryRoutes(world: World): Route[] {
  return [
    route('GET', '/.well-known/openid-configuration', () => ok(discoveryDocument(world.issuer))),
    route('GET', '/oauth2/v3/certs', () => ok({ keys: [world.signingKey.publicJwk] })),
  ]
}

function discoveryDocument(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/o/oauth2/v2/auth`,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/revoke`,
    userinfo_endpoint: `${issuer}/v1/userinfo`,
    jwks_uri: `${issuer}/oauth2/v3/certs`,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'email', 'profile'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    claims_supported: ['aud', 'email', 'email_verified', 'exp', 'given_name', 'iat', 'iss', 'name', 'sub'],
    code_challenge_methods_supported: ['S256'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    authorization_response_iss_parameter_supported: true,
  }
}
