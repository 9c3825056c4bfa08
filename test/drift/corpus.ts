import type { CapabilityState, FindingClass } from '@evergrant/schema-verification'

export interface DriftRow {
  readonly name: string
  /** What somebody does by hand. */
  readonly harm: string
  /** Null: nothing must be found. */
  readonly finds: { readonly path: string; readonly class: FindingClass; readonly says: RegExp } | null
  /** Capabilities that are not `ok` after it; every other one must be. */
  readonly hits?: Readonly<Record<string, CapabilityState>>
}

const t = 'user_oauth_tokens'
const off = 'unavailable'
const less = 'degraded'
const allTokens = { 'token.read': off, 'token.connect': off, 'token.refresh': off } as const
const replaceCheck = (body: string) =>
  `alter table ${t} drop constraint user_oauth_tokens_service_check, add constraint user_oauth_tokens_service_check ${body}`
const service = `${t}(user_oauth_tokens_service_check)`
const role = 'evergrant_test_service'

/** The 58 situations of the study, each with what must be said about it. */
export const corpus: readonly DriftRow[] = [
  { name: 'nothing', harm: 'select 1', finds: null },
  {
    name: 'a column is dropped',
    harm: `alter table ${t} drop column scope`,
    finds: { path: `${t}.scope`, class: 'breaking_read', says: /does not exist/ },
    hits: { 'token.read': off, 'token.connect': off },
  },
  {
    name: 'a column is renamed',
    harm: `alter table ${t} rename column scope to scopes`,
    finds: { path: `${t}.scope`, class: 'breaking_read', says: /user_oauth_tokens\.scopes .*renamed/ },
    hits: { 'token.read': off, 'token.connect': off },
  },
  {
    name: 'a nullable column is added',
    harm: `alter table ${t} add column extra text`,
    finds: { path: `${t}.extra`, class: 'info', says: /not in any migration/ },
  },
  {
    name: 'a column that must not be null is added',
    harm: `alter table ${t} add column extra text not null`,
    finds: { path: `${t}.extra`, class: 'breaking_write', says: /every insert/ },
    hits: { 'token.connect': off },
  },
  {
    name: 'timestamptz becomes timestamp',
    harm: `alter table ${t} alter column token_expiry type timestamp`,
    finds: { path: `${t}.token_expiry`, class: 'silent', says: /no time zone/ },
    hits: { 'token.read': less, 'token.connect': less, 'token.refresh': less },
  },
  {
    name: 'timestamptz loses its fractions',
    harm: `alter table ${t} alter column token_expiry type timestamptz(0)`,
    finds: { path: `${t}.token_expiry`, class: 'silent', says: /rounded/ },
    hits: { 'token.read': less, 'token.connect': less, 'token.refresh': less },
  },
  {
    name: 'varchar gets shorter',
    harm: 'alter table users alter column email type varchar(64)',
    finds: { path: 'users.email', class: 'breaking_write', says: /longer than 64/ },
    hits: { 'token.connect': off },
  },
  {
    name: 'text gets a limit',
    harm: `alter table ${t} alter column access_token type varchar(64)`,
    finds: { path: `${t}.access_token`, class: 'breaking_write', says: /longer than 64/ },
    hits: { 'token.connect': off, 'token.refresh': off },
  },
  {
    name: 'text becomes bytea',
    harm: `alter table ${t} alter column access_token type bytea using access_token::bytea`,
    finds: { path: `${t}.access_token`, class: 'breaking_read', says: /bytes/ },
    hits: allTokens,
  },
  {
    name: 'a nullable column must not be null any more',
    harm: `alter table ${t} alter column scope set not null`,
    finds: { path: `${t}.scope`, class: 'breaking_write', says: /must not be null/ },
    hits: { 'token.connect': off },
  },
  {
    name: 'a column may be null',
    harm: `alter table ${t} alter column access_token drop not null`,
    finds: { path: `${t}.access_token`, class: 'integrity', says: /may be null/ },
    hits: { 'token.connect': less, 'token.refresh': less },
  },
  {
    name: 'a default is dropped',
    harm: `alter table ${t} alter column attempts drop default`,
    finds: { path: `${t}.attempts`, class: 'breaking_write', says: /lost its default/ },
    hits: { 'token.connect': off },
  },
  {
    name: 'a default is changed',
    harm: `alter table ${t} alter column attempts set default 1`,
    finds: { path: `${t}.attempts`, class: 'silent', says: /1 instead of 0/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'a default function is another one',
    harm: `alter table ${t} alter column created_at set default clock_timestamp()`,
    finds: { path: `${t}.created_at`, class: 'silent', says: /clock_timestamp\(\) instead of now\(\)/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'an enum default is changed',
    harm: `alter table ${t} alter column status set default 'expired'`,
    finds: { path: `${t}.status`, class: 'silent', says: /'expired'/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'a text default is changed',
    harm: `alter table ${t} alter column note set default 'some'`,
    finds: { path: `${t}.note`, class: 'silent', says: /'some'/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'the unique constraint an upsert needs is dropped',
    harm: `alter table ${t} drop constraint user_oauth_tokens_user_service_key`,
    finds: { path: `${t}(user_oauth_tokens_user_service_key)`, class: 'breaking_write', says: /upsert/ },
    hits: { 'token.connect': off },
  },
  {
    name: 'an index is dropped',
    harm: 'drop index user_oauth_tokens_expiry',
    finds: { path: `${t}(user_oauth_tokens_expiry)`, class: 'performance', says: /whole table/ },
  },
  {
    name: 'an index of that name is on another column',
    harm: `drop index user_oauth_tokens_expiry; create index user_oauth_tokens_expiry on ${t} (created_at)`,
    finds: { path: `${t}(user_oauth_tokens_expiry)`, class: 'performance', says: /another one/ },
  },
  {
    name: 'an index turns around',
    harm: `drop index user_oauth_tokens_expiry; create index user_oauth_tokens_expiry on ${t} (token_expiry desc)`,
    finds: { path: `${t}(user_oauth_tokens_expiry)`, class: 'performance', says: /another one/ },
  },
  {
    name: 'an index is added',
    harm: `create index by_hand on ${t} (status)`,
    finds: { path: `${t}(by_hand)`, class: 'info', says: /in no migration/ },
  },
  {
    name: 'an index is invalid',
    harm: `update pg_index set indisvalid = false where indexrelid = 'user_oauth_tokens_expiry'::regclass`,
    finds: { path: `${t}(user_oauth_tokens_expiry)`, class: 'performance', says: /not valid/ },
  },
  {
    name: 'a unique constraint takes nulls for equal',
    harm: `alter table ${t} drop constraint user_oauth_tokens_user_service_key, add constraint user_oauth_tokens_user_service_key unique nulls not distinct (user_id, service)`,
    finds: { path: `${t}(user_oauth_tokens_user_service_key)`, class: 'integrity', says: /something else/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'the primary key is dropped',
    harm: `alter table ${t} drop constraint user_oauth_tokens_pkey`,
    finds: { path: `${t}(user_oauth_tokens_pkey)`, class: 'integrity', says: /duplicates/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'a foreign key is dropped',
    harm: `alter table ${t} drop constraint user_oauth_tokens_user_fkey`,
    finds: { path: `${t}(user_oauth_tokens_user_fkey)`, class: 'integrity', says: /point to nothing/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'a foreign key has another rule',
    harm: `alter table ${t} drop constraint user_oauth_tokens_user_fkey, add constraint user_oauth_tokens_user_fkey foreign key (user_id) references users on delete restrict`,
    finds: { path: `${t}(user_oauth_tokens_user_fkey)`, class: 'integrity', says: /something else/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'a foreign key is not valid',
    harm: `alter table ${t} drop constraint user_oauth_tokens_user_fkey, add constraint user_oauth_tokens_user_fkey foreign key (user_id) references users on delete cascade not valid`,
    finds: { path: `${t}(user_oauth_tokens_user_fkey)`, class: 'integrity', says: /never checked/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'triggers of a foreign key are disabled',
    harm: `alter table ${t} disable trigger all`,
    finds: { path: `${t}(user_oauth_tokens_user_fkey)`, class: 'integrity', says: /not enforced/ },
    hits: { 'token.connect': less, 'token.refresh': less },
  },
  {
    name: 'a check is dropped',
    harm: `alter table ${t} drop constraint user_oauth_tokens_service_check`,
    finds: { path: service, class: 'integrity', says: /gone/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'a value is taken from a check',
    harm: replaceCheck(`check (service in ('calendar', 'drive'))`),
    finds: { path: service, class: 'breaking_write', says: /refuses 'gmail'/ },
    hits: { 'token.connect': off },
  },
  {
    name: 'all values but one are taken from a check',
    harm: replaceCheck(`check (service in ('calendar'))`),
    finds: { path: service, class: 'breaking_write', says: /refuses 'drive', 'gmail'/ },
    hits: { 'token.connect': off },
  },
  {
    name: 'a value is added to a check',
    harm: replaceCheck(`check (service in ('calendar', 'drive', 'gmail', 'photos'))`),
    finds: { path: service, class: 'integrity', says: /'photos'/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'a check is negated',
    harm: replaceCheck(`check (service not in ('calendar', 'drive', 'gmail'))`),
    finds: { path: service, class: 'breaking_write', says: /may refuse/ },
    hits: { 'token.connect': off },
  },
  {
    name: 'a check is added',
    harm: `alter table ${t} add constraint short check (length(access_token) < 5000)`,
    finds: { path: `${t}(short)`, class: 'breaking_write', says: /may refuse/ },
    hits: { 'token.connect': less, 'token.refresh': less },
  },
  {
    name: 'a check lists its values in another order',
    harm: replaceCheck(`check (service in ('gmail', 'drive', 'calendar'))`),
    finds: { path: service, class: 'info', says: /another order/ },
  },
  {
    name: 'a check is not valid',
    harm: replaceCheck(`check (service in ('calendar', 'drive', 'gmail')) not valid`),
    finds: { path: service, class: 'integrity', says: /never checked/ },
    hits: { 'token.connect': less },
  },
  {
    name: 'an enum value is renamed',
    harm: `alter type token_status rename value 'expired' to 'outdated'`,
    finds: { path: 'token_status', class: 'breaking_write', says: /renamed to outdated/ },
    hits: { 'token.read': off },
  },
  {
    name: 'an enum value is missing',
    harm: `delete from pg_enum where enumtypid = 'token_status'::regtype and enumlabel = 'revoked'`,
    finds: { path: 'token_status', class: 'breaking_write', says: /does not know revoked/ },
    hits: { 'token.read': off },
  },
  {
    name: 'an enum has a further value',
    harm: `alter type token_status add value 'suspended'`,
    finds: { path: 'token_status', class: 'silent', says: /suspended/ },
    hits: { 'token.read': less },
  },
  {
    name: 'the table is dropped',
    harm: `drop table ${t}`,
    finds: { path: t, class: 'breaking_read', says: /does not exist/ },
    hits: allTokens,
  },
  {
    name: 'the table is renamed',
    harm: `alter table ${t} rename to user_oauth_tokens_old`,
    finds: { path: t, class: 'breaking_read', says: /renamed, with all its rows/ },
    hits: allTokens,
  },
  {
    name: 'the table is moved to another schema',
    harm: `create schema attic; alter table ${t} set schema attic`,
    finds: { path: t, class: 'breaking_read', says: /moved/ },
    hits: allTokens,
  },
  {
    name: 'the table is replaced by a view without the column',
    harm: `alter table ${t} rename to t2; create view ${t} as select id, user_id, service, access_token, refresh_token, token_expiry, status, note, attempts, created_at from t2; grant all on ${t} to evergrant_service`,
    finds: { path: `${t}.scope`, class: 'breaking_read', says: /does not exist/ },
    hits: allTokens,
  },
  {
    name: 'the table is unlogged',
    harm: `alter table ${t} set unlogged`,
    finds: { path: t, class: 'integrity', says: /crash empties/ },
    hits: { 'token.connect': less, 'token.refresh': less },
  },
  {
    name: 'the table has another owner',
    harm: `grant create on schema public to ${role}; alter table ${t} owner to ${role}; grant all on ${t} to evergrant_service`,
    finds: { path: t, class: 'integrity', says: /belongs to another role/ },
  },
  {
    name: 'a table is added',
    harm: 'create table by_hand (id int)',
    finds: { path: 'by_hand', class: 'info', says: /in no migration/ },
  },
  {
    name: 'a column has another collation',
    harm: `alter table ${t} alter column scope type text collate "C"`,
    finds: { path: `${t}.scope`, class: 'silent', says: /collation/ },
    hits: { 'token.read': less },
  },
  {
    name: 'a column is generated',
    harm: `alter table ${t} drop column scope; alter table ${t} add column scope text generated always as ('all') stored`,
    finds: { path: `${t}.scope`, class: 'breaking_write', says: /generated instead of ordinary/ },
    hits: { 'token.connect': off },
  },
  {
    name: 'the search path leads to a table of the same name',
    harm: `create schema shadow; create table shadow.${t} (id int); alter role ${role} set search_path = shadow, public`,
    finds: { path: `role ${role}: search_path`, class: 'breaking_read', says: /tables of schema shadow/ },
    hits: allTokens,
  },
  {
    name: 'the search path leads nowhere',
    harm: `alter role ${role} set search_path = nowhere`,
    finds: { path: `role ${role}: search_path`, class: 'breaking_read', says: /nowhere/ },
    hits: { ...allTokens, profile: off },
  },
  {
    name: 'a table of the same name is in a schema nobody looks at',
    harm: `create schema other; create table other.${t} (id int)`,
    finds: null,
  },
  {
    name: 'row security is forced without a policy',
    harm: `alter table ${t} enable row level security; alter table ${t} force row level security`,
    finds: { path: t, class: 'silent', says: /leave out rows/ },
    hits: allTokens,
  },
  {
    name: 'a rule does nothing instead',
    harm: `create rule nothing as on insert to ${t} do instead nothing`,
    finds: { path: `${t}(nothing)`, class: 'breaking_write', says: /rewrite rule/ },
    hits: { 'token.connect': off, 'token.refresh': off },
  },
  {
    name: 'a trigger empties a column',
    harm: `create function empty_scope() returns trigger language plpgsql as 'begin new.scope := null; return new; end'; create trigger empty_scope before insert on ${t} for each row execute function empty_scope()`,
    finds: { path: `${t}(empty_scope)`, class: 'silent', says: /may change or refuse/ },
    hits: { 'token.connect': less, 'token.refresh': less },
  },
  {
    name: 'a row is deleted from the journal',
    harm: `delete from mikro_orm_migrations where name = '0001-lab'`,
    finds: { path: 'migration 0001-lab', class: 'integrity', says: /journal does not know it/ },
  },
  {
    name: 'the journal is dropped',
    harm: 'drop table mikro_orm_migrations',
    finds: { path: 'mikro_orm_migrations', class: 'integrity', says: /does not exist/ },
  },
  {
    name: 'the journal has a migration nobody knows',
    harm: `insert into mikro_orm_migrations (name) values ('0002-contract-drop-scope')`,
    finds: {
      path: 'migration 0002-contract-drop-scope',
      class: 'integrity',
      says: /knows migrations up to 0001-lab/,
    },
  },
]

/** Rights that were taken away; the ORM's own comparison sees none of them. */
export const lostRights: readonly DriftRow[] = [
  {
    name: 'select is revoked',
    harm: `revoke select on ${t} from evergrant_service`,
    finds: { path: t, class: 'breaking_read', says: /may not select/ },
    // An upsert reads the columns it conflicts on.
    hits: allTokens,
  },
  {
    name: 'update is revoked',
    harm: `revoke update on ${t} from evergrant_service`,
    finds: { path: t, class: 'breaking_write', says: /may not update/ },
    hits: { 'token.connect': off, 'token.refresh': off },
  },
  {
    name: 'one column is left out of the grants',
    harm: `revoke select on ${t} from evergrant_service; grant select (id, user_id, service, access_token, refresh_token, token_expiry, status, note, attempts, created_at) on ${t} to evergrant_service`,
    finds: { path: `${t}.scope`, class: 'breaking_read', says: /may not select user_oauth_tokens\.scope/ },
    hits: { 'token.read': off },
  },
  {
    name: 'the schema is closed',
    harm: `revoke usage on schema public from public; revoke usage on schema public from evergrant_service`,
    finds: { path: 'public', class: 'breaking_read', says: /no usage on public/ },
    hits: { ...allTokens, profile: off },
  },
]
