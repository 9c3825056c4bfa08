import { type Rebuildable, rebuildFromFacts } from '@evergrant/event-store'
import { authorizationStream } from './domain/authorization.ts'
import { knownGrantStream } from './domain/known-grant.ts'
import { authorizationsDue } from './projections/authorizations-due.ts'
import { knownGrants } from './projections/known-grants.ts'

const without = (prefix: string) => (streamId: string) => streamId.slice(prefix.length)

/** The read models that facts alone make. Secrets of an authorization and request keys are in no fact. */
export const rebuildable: readonly Rebuildable[] = [
  rebuildFromFacts(authorizationsDue, {
    streamTypes: ['authorization'],
    tables: [
      {
        table: 'authorization_due',
        key: ['authorization_id'],
        where: 'authorization_id = $1',
        of: without(authorizationStream('')),
      },
    ],
  }),
  rebuildFromFacts(knownGrants, {
    streamTypes: ['known-grant'],
    tables: [
      {
        table: 'known_grant',
        key: ['grant_id'],
        where: 'grant_id = $1',
        of: without(knownGrantStream('')),
      },
    ],
  }),
]
