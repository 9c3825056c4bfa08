import type { CapabilityCheck } from '@evergrant/service-runtime'
import type { ConsentProvider } from '../../application/ports.ts'

/** `connect`: can a user get through consent right now? At worst degraded: links and answers about authorizations still work. */
export function connectCapability(provider: Pick<ConsentProvider, 'standing'>): CapabilityCheck {
  return () => {
    switch (provider.standing()) {
      case 'ok':
        return { status: 'ok' }
      case 'not_configured':
        return {
          status: 'degraded',
          reason: 'google_client_not_configured',
          description: 'No Google client is configured, so nobody can connect an account.',
        }
      case 'not_read_yet':
        return {
          status: 'degraded',
          reason: 'google_not_asked_yet',
          description: 'Google has not answered for the first time yet.',
        }
      case 'unreachable':
        return {
          status: 'degraded',
          reason: 'google_unavailable',
          description: 'Google cannot be reached, so no new consent can be given.',
        }
    }
  }
}

/** `database`: without it nothing can be answered or recorded. */
export function databaseCapability(database: { ping(): Promise<void> }): CapabilityCheck {
  return async () => {
    try {
      await database.ping()
      return { status: 'ok' }
    } catch {
      return {
        status: 'unavailable',
        reason: 'database_unreachable',
        description: 'PostgreSQL does not answer.',
      }
    }
  }
}
