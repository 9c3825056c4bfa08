import type { FactCatalogue } from '@evergrant/event-store'
import type { AuthorizationFact } from '../domain/authorization-facts.ts'
import type { KnownGrantFact } from '../domain/known-grant.ts'

/** Every fact this service stores, with its schema version; upcasters join it when one changes. */
export const factCatalogue = {
  AuthorizationRequested: { schemaVersion: 1 },
  BrowserBound: { schemaVersion: 1 },
  CallbackReceived: { schemaVersion: 1 },
  ConsentRepeated: { schemaVersion: 1 },
  AuthorizationGranted: { schemaVersion: 1 },
  AuthorizationDenied: { schemaVersion: 1 },
  AuthorizationFailed: { schemaVersion: 1 },
  AuthorizationExpired: { schemaVersion: 1 },
  GrantSeen: { schemaVersion: 1 },
  RefreshTokenReceived: { schemaVersion: 1 },
  RefreshTokenLost: { schemaVersion: 1 },
} satisfies FactCatalogue & Record<AuthorizationFact['type'] | KnownGrantFact['type'], unknown>
