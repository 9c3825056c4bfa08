import { eventStoreNeeds } from '@evergrant/event-store'
import type { DeclaredContract, DeclaredUse } from '@evergrant/schema-verification'

const tokenRow = [
  'id',
  'user_id',
  'service',
  'access_token',
  'refresh_token',
  'token_expiry',
  'scope',
  'service_user_id',
  'service_email',
  'created_at',
  'updated_at',
] as const

const grantState = {
  table: 'grant_state',
  reads: ['grant_id', 'stream_id', 'state', 'version', 'shape'],
} as const
const connectionUse = { table: 'connection_use', reads: ['connection_id', 'last_used_at'] } as const

/** The read models of a grant, written in the transaction of its facts (projections/grants.ts). */
const grantProjection: readonly DeclaredUse[] = [
  {
    ...grantState,
    inserts: '*',
    updates: ['account_id', 'status', 'state', 'version', 'shape'],
    conflictOn: ['grant_id'],
  },
  {
    table: 'user_oauth_tokens',
    inserts: tokenRow,
    updates: tokenRow.filter((column) => column !== 'id'),
    conflictOn: ['id'],
  },
  {
    table: 'connection_status',
    reads: ['id', 'status', 'reason', 'since'],
    inserts: '*',
    updates: ['status', 'reason', 'since', 'connected_at'],
    conflictOn: ['id'],
  },
  {
    table: 'grant_schedule',
    reads: ['grant_id', 'task', 'due_at', 'claimed_until'],
    inserts: ['grant_id', 'task', 'due_at'],
    updates: ['due_at', 'claimed_until'],
    deletes: true,
    conflictOn: ['grant_id', 'task'],
  },
  {
    table: 'grant_trouble',
    reads: ['grant_id', 'generation', 'reason'],
    inserts: '*',
    updates: ['reason', 'began_at'],
    deletes: true,
    conflictOn: ['grant_id', 'generation'],
  },
  {
    table: 'issued_refresh_token',
    reads: '*',
    inserts: ['grant_id', 'generation', 'issuer', 'account_id', 'issued_at'],
    updates: ['superseded_at'],
    deletes: true,
    conflictOn: ['grant_id', 'generation'],
  },
]

const vaultRead: readonly DeclaredUse[] = [
  { table: 'vault_data_key', reads: ['grant_id', 'data_key_id', 'key_id', 'wrapped_key'] },
  { table: 'vault_secret', reads: ['grant_id', 'field', 'generation', 'sealed'] },
]
const vaultWrite: readonly DeclaredUse[] = [
  { table: 'vault_data_key', inserts: '*', deletes: true },
  {
    table: 'vault_secret',
    inserts: '*',
    updates: ['generation', 'sealed'],
    conflictOn: ['grant_id', 'field'],
  },
  {
    table: 'refresh_token_mark',
    reads: '*',
    inserts: '*',
    updates: ['generation', 'double_hash', 'prefix_hash'],
    deletes: true,
    conflictOn: ['grant_id'],
  },
]

const { append, exchange } = eventStoreNeeds
const changing = {
  uses: [...append.uses, ...grantProjection, ...vaultRead, ...vaultWrite],
  calls: append.calls,
}

const grantId = '00000000-0000-5000-8000-000000000000'
const connectionId = '00000000-0000-5000-8000-000000000001'
const at = '2000-01-01T00:00:00Z'

/** Which columns each capability's statements name; test/drift compares it with the statements themselves. */
export const schemaContract: DeclaredContract = {
  service: 'token-service',
  schemas: ['public', 'es', 'inbox'],
  capabilities: {
    'token.read': {
      uses: [
        { table: 'user_oauth_tokens', reads: tokenRow },
        { table: 'connection_status', reads: ['id', 'grant_id'] },
        { table: 'grant_state', reads: ['grant_id', 'state'] },
        connectionUse,
        ...vaultRead,
      ],
    },
    'token.refresh': changing,
    'token.connect': changing,
    'token.disconnect': changing,
    'token.record': {
      uses: [
        { table: 'token_vend', reads: ['id'], inserts: '*' },
        {
          table: 'vend_chain',
          reads: '*',
          inserts: '*',
          updates: ['sequence', 'hash'],
          conflictOn: ['grant_id'],
        },
        { ...connectionUse, inserts: '*', updates: ['last_used_at'], conflictOn: ['connection_id'] },
      ],
    },
    'vends.forget': {
      uses: [
        { table: 'token_vend', reads: ['grant_id', 'sequence', 'vended_at'] },
        { table: 'vend_chain', reads: ['grant_id', 'forgotten'] },
      ],
      calls: ['forget_vends'],
    },
    'connections.read': {
      uses: [
        { table: 'connection_status', reads: '*' },
        { table: 'grant_state', reads: ['grant_id', 'issuer', 'account_id', 'status', 'state'] },
        connectionUse,
      ],
    },
    'connections.history': {
      uses: [
        {
          table: 'token_vend',
          reads: ['id', 'connection_id', 'caller', 'purpose', 'generation', 'traceparent', 'vended_at'],
        },
        { table: 'es.event', reads: '*' },
      ],
    },
    'connections.audit': {
      uses: [
        { table: 'token_vend', reads: '*' },
        { table: 'vend_chain', reads: '*' },
        { table: 'connection_status', reads: ['id', 'grant_id'] },
      ],
    },
    'grants.diagnose': {
      uses: [
        { table: 'grant_trouble', reads: '*' },
        { table: 'issued_refresh_token', reads: '*' },
        { table: 'grant_schedule', reads: ['grant_id', 'task', 'due_at'] },
        { table: 'grant_state', reads: ['grant_id', 'issuer', 'account_id', 'status', 'state'] },
      ],
    },
    'vault.keys': {
      uses: [
        {
          table: 'vault_rotation',
          reads: '*',
          inserts: ['id', 'target_key_id', 'started_by', 'started_at', 'total', 'rewrapped', 'unreadable'],
          updates: [
            'target_key_id',
            'rewrapped',
            'unreadable',
            'position',
            'holder',
            'lease_until',
            'finished_at',
          ],
        },
        { table: 'vault_data_key', reads: '*', updates: ['key_id', 'wrapped_key'] },
        { table: 'grant_state', reads: ['grant_id', 'user_id'] },
      ],
    },
    idempotency: {
      uses: [
        {
          table: 'http_idempotency',
          reads: '*',
          inserts: ['scope', 'key', 'fingerprint', 'expires_at'],
          updates: ['fingerprint', 'expires_at', 'status', 'content_type', 'location', 'body'],
          deletes: true,
          conflictOn: ['scope', 'key'],
        },
      ],
    },
    'keys.rotate': {
      uses: [
        { table: 'vault_rotation', reads: '*', inserts: '*', updates: '*' },
        { table: 'vault_data_key', reads: '*', updates: ['key_id', 'wrapped_key'] },
        { table: 'grant_state', reads: ['grant_id', 'user_id'] },
      ],
    },
    events: exchange,
  },
  canaries: [
    {
      table: 'grant_state',
      row: {
        grant_id: grantId,
        stream_id: `grant-${grantId}`,
        user_id: 'canary',
        issuer: 'canary',
        account_id: 'canary',
        status: 'live',
        state: '{}',
      },
    },
    {
      table: 'user_oauth_tokens',
      row: {
        id: connectionId,
        user_id: 'canary',
        service: 'calendar',
        access_token: null,
        refresh_token: null,
        token_expiry: at,
        scope: 'canary',
        service_user_id: 'canary',
        service_email: 'canary',
        created_at: at,
        updated_at: at,
      },
    },
    {
      table: 'connection_status',
      row: {
        id: connectionId,
        grant_id: grantId,
        user_id: 'canary',
        service: 'calendar',
        status: 'active',
        reason: null,
        since: at,
        connected_at: at,
      },
    },
    { table: 'grant_schedule', row: { grant_id: grantId, task: 'refresh', due_at: at } },
    {
      table: 'grant_trouble',
      row: {
        grant_id: grantId,
        generation: 1,
        reason: 'canary',
        began_at: at,
        token_since: at,
        with_gmail: false,
      },
    },
    {
      table: 'issued_refresh_token',
      row: {
        grant_id: grantId,
        generation: 1,
        issuer: 'canary',
        account_id: 'canary',
        issued_at: at,
        superseded_at: null,
      },
    },
    {
      table: 'vault_data_key',
      row: { grant_id: grantId, data_key_id: connectionId, key_id: 'canary', wrapped_key: 'canary' },
    },
    {
      table: 'refresh_token_mark',
      row: { grant_id: grantId, generation: 1, double_hash: 'canary', prefix_hash: 'canary' },
    },
    {
      table: 'vault_secret',
      row: { grant_id: grantId, field: 'access_token', generation: 1, sealed: 'canary' },
    },
  ],
}
