import { randomBytes, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventBus } from '@evergrant/event-bus'
import {
  type Access,
  contracts,
  type DataOf,
  encodeEvent,
  grantIdOf,
  publication,
  requiredScopes,
  type Service,
} from '@evergrant/event-contracts'
import type { GoogleEmulator } from '@evergrant/google-emulator'
import { CompactEncrypt, exportJWK, generateKeyPair } from 'jose'

export type SealingKey = Awaited<ReturnType<typeof generateKeyPair>>['publicKey']

/** What a test wants to have been granted. */
export interface Consent {
  readonly user?: string
  readonly email?: string
  readonly services?: readonly Service[]
  readonly access?: Access
  /** What Google granted; by default all that the services need. */
  readonly granted?: readonly string[]
  readonly expiresInSeconds?: number
  readonly withoutRefreshToken?: boolean
  /** Another provider than the emulator, and what it gave. */
  readonly from?: { readonly issuer: string; readonly accessToken: string; readonly refreshToken: string }
}

/** What oauth-service would publish after that consent, with tokens the emulator knows. */
export async function issuedFor(google: GoogleEmulator, key: SealingKey, consent: Consent) {
  const user = consent.user ?? `user-${randomUUID()}`
  const account = google.addAccount({ email: consent.email ?? `${user}@example.com` })
  const services = [...(consent.services ?? ['calendar' as const])]
  const access = consent.access ?? 'read'
  const wanted = services.flatMap((service) => requiredScopes(service, access))
  const grantedScopes = [...(consent.granted ?? ['openid', ...wanted])]
  const tokens = consent.from ?? google.issueTokens({ email: account.email, scopes: grantedScopes })
  const issuer = consent.from?.issuer ?? google.url
  const grantId = grantIdOf(user, issuer, account.sub)
  const authorizationId = randomUUID()
  const plaintext = {
    accessToken: tokens.accessToken,
    refreshToken: consent.withoutRefreshToken === true ? null : tokens.refreshToken,
  }
  const sealedTokens = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(plaintext)))
    .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', evg: { authorizationId, grantId } })
    .encrypt(key)
  const now = Date.now()
  return contracts.tokenIssued.schema.parse({
    authorizationId,
    userId: user,
    grantId,
    issuer,
    account: { id: account.sub, email: account.email },
    services,
    access,
    grantedScopes,
    missingScopes: [],
    expiresAt: new Date(now + (consent.expiresInSeconds ?? 3599) * 1000).toISOString(),
    refreshTokenIncluded: consent.withoutRefreshToken !== true,
    sealedTokens,
    issuedAt: new Date(now).toISOString(),
  })
}

/** As oauth-service's relay does; `repair` counts the times it is published again on purpose. */
export async function publishIssued(
  bus: EventBus,
  issued: DataOf<typeof contracts.tokenIssued>,
  { repair = 0 } = {},
): Promise<void> {
  const identity = {
    source: 'oauth-service',
    streamId: `authorization-${issued.authorizationId}`,
    version: 1,
  }
  const message = encodeEvent(publication(contracts.tokenIssued, issued), {
    ...identity,
    time: issued.issuedAt,
  })
  await bus.publish([{ ...message, ...identity, repair }])
}

/** The key files of a token-service. @returns the key that others seal tokens to. */
export async function writeKeys(folder: string): Promise<SealingKey> {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES+A256KW', {
    crv: 'P-256',
    extractable: true,
  })
  await writeFile(join(folder, 'sealing.json'), JSON.stringify(await exportJWK(privateKey)))
  const ring = { current: 'k1', keys: { k1: randomBytes(32).toString('base64url') } }
  await writeFile(join(folder, 'ring.json'), JSON.stringify(ring))
  return publicKey
}
