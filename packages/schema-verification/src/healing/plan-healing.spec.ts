import { describe, expect, it } from 'vitest'
import type { Column } from '../catalog/catalog.ts'
import type { Finding } from '../diff/finding.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { text } from '../testing/text-column.ts'
import { planHealing } from './plan-healing.ts'

const column = (more: Partial<Column>): Column => ({ ...text, ...more })
const columns = {
  scope: column({}),
  note: column({ default: "'none'::text" }),
  attempts: column({ type: 'integer', notNull: true, default: '0' }),
  never: column({
    type: 'timestamp with time zone',
    notNull: true,
    default: "'-infinity'::timestamp with time zone",
  }),
  since: column({ type: 'timestamp with time zone', notNull: true, default: 'now()' }),
  owner: column({ notNull: true }),
  number: column({ type: 'bigint', notNull: true, identity: 'always' }),
}
const manifest = {
  catalog: { relations: { tokens: { columns }, 'es.event': { columns } } },
} as unknown as Manifest

const finding = (more: Partial<Finding>): Finding => ({
  path: 'tokens.scope',
  kind: 'column_missing',
  class: 'breaking_read',
  expected: 'text',
  actual: null,
  explanation: '',
  remedy: 'alter table tokens add column scope text',
  additive: true,
  capabilities: [],
  ...more,
})
const plan = (findings: readonly Partial<Finding>[], choice = {}, aheadBy: readonly string[] = []) =>
  planHealing({ findings: findings.map(finding), aheadBy }, manifest, choice)
const statements = (...findings: Partial<Finding>[]) =>
  plan(findings).steps.flatMap((step) => step.statements)
const reason = (more: Partial<Finding>) =>
  plan([more])
    .refusals.map((refusal) => refusal.reason)
    .join()

describe('what healing does', () => {
  it('brings a column back whose old rows say that they do not know, also where new ones get a default', () => {
    expect(statements({})).toEqual(['alter table tokens add column scope text'])
    expect(statements({ path: 'es.event.note' })).toEqual([
      'alter table es.event add column note text',
      "alter table es.event alter column note set default 'none'::text",
    ])
    expect(plan([{}]).steps[0]?.note).toMatch(/null/)
  })

  it('writes a default into old rows only when told to, and never one that a call computes', () => {
    const attempts = { path: 'tokens.attempts' }
    expect(reason(attempts)).toContain('--fill-defaults')
    const filling = plan([attempts, { path: 'tokens.never' }], { fillDefaults: true })
    expect(filling.steps.flatMap((step) => step.statements)).toEqual([
      'alter table tokens add column attempts integer default 0 not null',
      "alter table tokens add column never timestamp with time zone default '-infinity'::timestamp with time zone not null",
    ])
    for (const name of ['since', 'owner', 'number'])
      expect(plan([{ path: `tokens.${name}` }], { fillDefaults: true }).steps).toEqual([])
  })

  it('lets a constraint check new rows at once, and looks at the old ones without keeping writers out', () => {
    const path = 'tokens(tokens_user_fkey)'
    const expected = 'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE'
    expect(statements({ path, expected, kind: 'foreign_key_missing' })).toEqual([
      `alter table tokens add constraint tokens_user_fkey ${expected} not valid`,
    ])
    const remedy = 'alter table tokens validate constraint tokens_user_fkey'
    expect(plan([{ path, kind: 'foreign_key_not_valid', remedy }]).steps).toMatchObject([
      { statements: [remedy], run: 'alone' },
    ])
  })

  it('begins with columns and ends with what reads a table', () => {
    const kinds = ['index_missing', 'check_not_valid', 'trigger_disabled', 'right_missing', 'column_missing']
    const { steps } = plan(kinds.map((kind) => ({ kind })))
    expect(steps.map(({ finding: { kind }, run }) => `${kind} ${run}`)).toEqual([
      'column_missing together',
      'right_missing together',
      'trigger_disabled together',
      'check_not_valid alone',
      'index_missing alone',
    ])
  })
})

describe('what healing refuses, with a reason', () => {
  it.each([
    ['table_missing', /backup/],
    ['table_renamed', /another name/],
    ['column_renamed', /another name/],
    ['column_extra', /in no migration/],
    ['column_extra_not_null', /in no migration/],
    ['trigger_extra', /in no migration/],
    ['unique_missing', /duplicates/],
    ['primary_key_missing', /duplicates/],
    ['index_missing', /duplicates/],
    ['type_changed', /rewritten/],
    ['not_null_dropped', /null by now/],
    ['enum_value_missing', /never be taken back/],
    ['function_changed', /migrations/],
    ['owner_changed', /administrator/],
    ['values_narrowed', /only adds/],
    ['what_nobody_thought_of_yet', /only adds/],
  ])('%s', (kind, says) => {
    expect(reason({ kind, path: 'tokens(x)', additive: kind === 'enum_value_missing' })).toMatch(says)
  })

  it('whatever is said of a view that has taken the place of a table', () => {
    const { steps, refusals } = plan([
      { path: 'tokens', kind: 'relation_kind_changed', additive: false },
      {},
      { path: 'tokens.attempts', kind: 'default_dropped' },
      { path: 'es.event.scope' },
    ])
    expect(steps.map(({ finding }) => finding.path)).toEqual(['es.event.scope'])
    expect(refusals.at(-1)?.reason).toContain('none')
  })

  it('everything, while the migrations are not exactly those of this code', () => {
    expect(plan([{}], {}, ['0099-contract-scope'])).toMatchObject({
      steps: [],
      refusals: [{ reason: expect.stringContaining('0099-contract-scope') }],
    })
    for (const other of [
      { kind: 'migration_pending', path: 'migration 0002-more' },
      { kind: 'migration_unrecorded', path: 'migration 0001-first' },
      { kind: 'table_missing', path: 'mikro_orm_migrations' },
    ])
      expect(plan([{}, other]).steps).toEqual([])
  })
})
