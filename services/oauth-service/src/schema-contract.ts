import { eventStoreNeeds } from '@evergrant/event-store'
import type { DeclaredContract } from '@evergrant/schema-verification'

const { append, exchange } = eventStoreNeeds
const authorizationId = '00000000-0000-7000-8000-000000000000'
const at = '2000-01-01T00:00:00Z'

/** Which columns each capability's statements name; test/drift compares it with the statements themselves. */
export const schemaContract: DeclaredContract = {
  service: 'oauth-service',
  schemas: ['public', 'es', 'inbox'],
  capabilities: {
    connect: {
      uses: [
        ...append.uses,
        {
          table: 'authorization_secret',
          reads: '*',
          inserts: ['authorization_id', 'ticket_fingerprint', 'expires_at'],
          updates: [
            'ticket_fingerprint',
            'ticket_redeemed_at',
            'browser_fingerprint',
            'state_fingerprint',
            'state_redeemed_at',
            'sealed_verifier',
            'sealed_nonce',
            'expires_at',
          ],
          deletes: true,
          conflictOn: ['authorization_id'],
        },
        { table: 'authorization_request_key', reads: '*', inserts: '*', deletes: true },
        {
          table: 'authorization_due',
          reads: '*',
          inserts: '*',
          updates: ['due_at'],
          deletes: true,
          conflictOn: ['authorization_id'],
        },
        { table: 'known_grant', reads: '*' },
      ],
      calls: append.calls,
    },
    'connect.memory': {
      uses: [
        ...append.uses,
        { table: 'known_grant', inserts: '*', updates: '*', deletes: true, conflictOn: ['grant_id'] },
      ],
      calls: append.calls,
    },
    events: exchange,
  },
  canaries: [
    {
      table: 'authorization_secret',
      row: { authorization_id: authorizationId, ticket_fingerprint: 'canary', expires_at: at },
    },
    {
      table: 'authorization_request_key',
      row: {
        user_id: 'canary',
        key: 'canary',
        fingerprint: 'canary',
        authorization_id: authorizationId,
        created_at: at,
      },
    },
    { table: 'authorization_due', row: { authorization_id: authorizationId, due_at: at } },
    {
      table: 'known_grant',
      row: {
        grant_id: authorizationId,
        user_id: 'canary',
        email: 'canary',
        scopes: '[]',
        refresh_token_live: false,
      },
    },
  ],
}
