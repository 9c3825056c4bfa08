import { migrate } from '@evergrant/event-store'
import { buildManifest, type DeclaredContract, type Manifest } from '@evergrant/schema-verification'
import { Migration } from '@mikro-orm/migrations'

/** A token table with everything that can drift: native enum, sized text, defaults, foreign key, checks, indexes. */
class Lab extends Migration {
  override up(): void {
    this.addSql(`
      create type token_status as enum ('active', 'expired', 'revoked');
      create table users (
        id uuid primary key,
        email varchar(320) not null unique,
        created_at timestamptz not null default now()
      );
      create table user_oauth_tokens (
        id uuid primary key,
        user_id uuid not null constraint user_oauth_tokens_user_fkey references users on delete cascade,
        service text not null constraint user_oauth_tokens_service_check check (service in ('calendar', 'drive', 'gmail')),
        access_token text not null,
        refresh_token text,
        token_expiry timestamptz,
        scope text,
        status token_status not null default 'active',
        note text default 'none',
        attempts integer not null default 0,
        created_at timestamptz not null default now(),
        constraint user_oauth_tokens_user_service_key unique (user_id, service)
      );
      create index user_oauth_tokens_expiry on user_oauth_tokens (token_expiry);
      grant select, insert, update, delete on users, user_oauth_tokens to evergrant_service;
      grant select on mikro_orm_migrations to evergrant_service;
    `)
  }
}

export const labMigrations = [{ name: '0001-lab', class: Lab }]

const id = '00000000-0000-7000-8000-000000000001'

const labContract: DeclaredContract = {
  service: 'lab-service',
  schemas: ['public'],
  capabilities: {
    'token.read': {
      uses: [
        {
          table: 'user_oauth_tokens',
          reads: ['id', 'user_id', 'service', 'access_token', 'token_expiry', 'scope', 'status'],
        },
      ],
    },
    'token.connect': {
      uses: [
        { table: 'users', reads: ['id', 'email'], inserts: ['id', 'email'] },
        {
          table: 'user_oauth_tokens',
          inserts: ['id', 'user_id', 'service', 'access_token', 'refresh_token', 'token_expiry', 'scope'],
          updates: ['access_token', 'refresh_token', 'token_expiry', 'scope'],
          conflictOn: ['user_id', 'service'],
        },
      ],
    },
    'token.refresh': {
      uses: [
        {
          table: 'user_oauth_tokens',
          reads: ['id', 'refresh_token'],
          updates: ['access_token', 'token_expiry'],
        },
      ],
    },
    profile: { uses: [{ table: 'users', reads: ['id', 'email', 'created_at'] }] },
  },
  canaries: [
    { table: 'users', row: { id, email: 'canary@example.com' } },
    {
      table: 'user_oauth_tokens',
      row: { id, user_id: id, service: 'calendar', access_token: 'canary', scope: 'canary' },
    },
  ],
}

export function labManifest(url: string): Promise<Manifest> {
  return buildManifest({
    url,
    contract: labContract,
    migrations: labMigrations,
    entities: [],
    role: 'evergrant_service',
    migrate: (into, migrations) => migrate({ url: into, migrations }),
  })
}
