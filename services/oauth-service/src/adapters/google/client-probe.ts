import {
  type AuthorizationServer,
  type Client,
  type ClientAuth,
  genericTokenEndpointRequest,
  processGenericTokenEndpointResponse,
  ResponseBodyError,
  type TokenEndpointRequestOptions,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi'
import type { ProbeVerdict } from '../../application/ports.ts'
import { isAboutTheClient } from './provider-errors.ts'

/** Whether Google knows the client: it looks at id and secret before it looks at the code, so a code that cannot exist is
 * refused as such only to a client that may ask. */
export async function probeClient(
  { server, client, auth }: { server: AuthorizationServer; client: Client; auth: ClientAuth },
  redirectUri: string,
  options: TokenEndpointRequestOptions,
): Promise<ProbeVerdict> {
  try {
    const parameters = {
      code: 'evergrant-setup-check',
      redirect_uri: redirectUri,
      code_verifier: 'x'.repeat(43),
    }
    const response = await genericTokenEndpointRequest(
      server,
      client,
      auth,
      'authorization_code',
      parameters,
      options,
    )
    await processGenericTokenEndpointResponse(server, client, response)
    return 'unknown'
  } catch (error) {
    if (error instanceof WWWAuthenticateChallengeError) return 'refused'
    if (!(error instanceof ResponseBodyError)) return 'unknown'
    if (isAboutTheClient(error.error)) return 'refused'
    return error.error === 'invalid_grant' || error.error === 'redirect_uri_mismatch' ? 'accepted' : 'unknown'
  }
}

/** Whether the redirect URI is registered: asked without a person (`prompt=none`), Google sends its refusal there only when
 * it is; everybody else gets an error page. */
export async function probeRedirectUri(
  authorizationUrl: string,
  redirectUri: string,
  signal: AbortSignal,
): Promise<ProbeVerdict> {
  try {
    const response = await fetch(authorizationUrl, { redirect: 'manual', signal })
    await response.body?.cancel()
    const location = response.headers.get('location') ?? ''
    if (location.startsWith(`${redirectUri}?`)) return 'accepted'
    const errorPage = response.status >= 400 && response.status < 500
    return errorPage || /\/oauth\/error/.test(location) ? 'refused' : 'unknown'
  } catch {
    return 'unknown'
  }
}
