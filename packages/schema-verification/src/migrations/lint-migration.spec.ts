import { describe, expect, it } from 'vitest'
import { lintMigration } from './lint-migration.ts'

const rulesOf = (name: string, ...up: string[]) => lintMigration({ name, up }).map(({ rule }) => rule)
const onExisting = (sql: string) => rulesOf('0002-change', sql)

describe('a migration that hurts', () => {
  it.each([
    ['index_not_concurrent', 'create index by_user on tokens (user_id)'],
    ['index_not_concurrent', 'create unique index if not exists by_user on es.tokens (user_id)'],
    ['not_null_without_default', 'alter table tokens add column colour text not null'],
    ['not_null_without_default', 'alter table tokens add colour text not null, add size int default 0'],
    ['set_not_null', 'alter table tokens alter column scope set not null'],
    ['column_type_changed', 'alter table tokens alter column scope type jsonb using scope::jsonb'],
    ['check_without_not_valid', `alter table tokens add constraint known check (service in ('calendar'))`],
    [
      'foreign_key_without_not_valid',
      'alter table tokens add constraint f foreign key (user_id) references users',
    ],
    ['rename', 'alter table tokens rename column scope to scopes'],
    ['rename', 'alter table tokens rename to old_tokens'],
    ['drop_outside_contract', 'alter table tokens drop column scope'],
    ['drop_outside_contract', 'drop table tokens'],
    ['enum_value_renamed', `alter type status rename value 'a' to 'b'`],
    ['revoke', 'revoke update on tokens from evergrant_service'],
  ])('is told by %s: %s', (rule, sql) => {
    expect(onExisting(sql)).toContain(rule)
  })

  it('is told when it fills rows beside its DDL', () => {
    expect(
      rulesOf('0002-fill', 'alter table tokens add column colour text', `update tokens set colour = 'red'`),
    ).toEqual(['backfill_beside_ddl'])
  })

  it('says where, and what to do instead', () => {
    expect(lintMigration({ name: '0002-x', up: ['create  index by_user\n on tokens (user_id)'] })).toEqual([
      {
        migration: '0002-x',
        rule: 'index_not_concurrent',
        statement: 'create index by_user on tokens',
        advice: expect.stringContaining('concurrently'),
      },
    ])
  })
})

describe('a migration that does no harm', () => {
  it.each([
    'create index concurrently by_user on tokens (user_id)',
    'alter table tokens add column colour text',
    `alter table tokens add column colour text not null default 'red'`,
    `alter table tokens add column colour text default 'red' not null`,
    `alter table tokens add constraint known check (service in ('calendar')) not valid`,
    'alter table tokens validate constraint known',
    'alter table tokens alter column scope drop not null',
    'alter table tokens drop constraint known',
    'grant select on tokens to evergrant_service',
    `create function f() returns void language sql as $$ update tokens set scope = '' $$`,
    `update tokens set colour = 'red'`,
  ])('is left alone: %s', (sql) => {
    expect(onExisting(sql)).toEqual([])
  })

  it('may do anything to a table it creates itself', () => {
    expect(
      rulesOf(
        '0001-new',
        'create table tokens (id int, unique (id))',
        'create index by_id on tokens (id)',
        'insert into tokens select 1',
      ),
    ).toEqual([])
  })

  it('may drop what older code no longer needs, when its name says so', () => {
    expect(rulesOf('0009-contract-drop-scope', 'alter table tokens drop column scope')).toEqual([])
  })
})
