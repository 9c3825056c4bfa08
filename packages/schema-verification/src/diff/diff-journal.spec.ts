import { describe, expect, it } from 'vitest'
import type { Manifest } from '../manifest/manifest.ts'
import { phaseOf } from '../migrations/migration-phase.ts'
import { changed, recorded } from '../testing/recorded-corpus.ts'
import { put } from '../testing/told.ts'
import { diffCatalog } from './diff-catalog.ts'
import { diffJournal, journalStanding, pathsOf } from './diff-journal.ts'

const { healthy } = recorded
const migration = (name: string, adds: readonly string[]) => ({
  name,
  checksum: name,
  phase: phaseOf(name),
  adds,
})
/** Of five migrations two are on record; what the others make is there, or not, or in part. */
const manifest: Manifest = {
  ...recorded.manifest,
  migrations: [
    migration('0001-lab', ['users']),
    migration('0002-made', ['users', 'users.email']),
    migration('0003-pending', ['colour', 'colour.id']),
    migration('0004-half', ['users.email', 'users.colour']),
    migration('0005-only-changes', []),
  ],
}

describe('the journal', () => {
  it('is told apart by what is there: made, pending, half applied, ahead', () => {
    const catalog = { ...healthy, journal: ['0001-lab', '0006-newer'] }
    expect(journalStanding(manifest, catalog)).toEqual({
      unrecorded: ['0002-made'],
      pending: ['0003-pending', '0005-only-changes'],
      halfApplied: ['0004-half'],
      ahead: ['0006-newer'],
    })
  })

  it('stands nowhere where it cannot be read, and says nothing then', () => {
    expect(journalStanding(manifest, { ...healthy, journal: null })).toBeNull()
    expect(diffJournal(manifest, { ...healthy, journal: null })).toEqual([])
  })

  it('says what each standing means', () => {
    const catalog = { ...healthy, journal: ['0001-lab', '0006-newer', '0007-contract-note'] }
    expect(diffJournal(manifest, catalog)).toEqual([
      {
        path: 'migration 0002-made',
        kind: 'migration_unrecorded',
        class: 'integrity',
        expected: 'on record',
        actual: 'not on record',
        explanation:
          'Everything migration 0002-made makes is there, but the journal does not know it: the next migration run would make it again and fail.',
        remedy: "insert into mikro_orm_migrations (name) values ('0002-made')",
      },
      ...['0003-pending', '0005-only-changes'].map((name) => ({
        path: `migration ${name}`,
        kind: 'migration_pending',
        class: 'integrity',
        expected: 'applied',
        actual: 'pending',
        explanation: `Migration ${name} was not applied yet: the code is ahead of the database. Run the migrations.`,
      })),
      {
        path: 'migration 0006-newer',
        kind: 'database_ahead',
        class: 'info',
        expected: null,
        actual: 'applied',
        explanation:
          'The database is at 0006-newer, this code knows migrations up to 0005-only-changes. It only adds, so this code goes on working.',
      },
      {
        path: 'migration 0007-contract-note',
        kind: 'database_ahead',
        class: 'integrity',
        expected: null,
        actual: 'applied',
        explanation:
          'The database is at 0007-contract-note, this code knows migrations up to 0005-only-changes. It takes away what this code may need.',
      },
    ])
  })

  it('knows everything with a name by that name', () => {
    const catalog = changed(healthy, [
      put('functions/es.append(text)', { bodyHash: 'one', result: 'bigint', execute: true }),
    ])
    const paths = pathsOf(catalog)
    expect(paths).toEqual([...paths].sort())
    for (const name of [
      'users',
      'users.email',
      'users(users_pkey)',
      'user_oauth_tokens(user_oauth_tokens_expiry)',
      'token_status',
      'es.append(text)',
      'mikro_orm_migrations_id_seq',
    ])
      expect(paths).toContain(name)
  })
})

describe('a phase', () => {
  it.each([
    ['0007-contract-note', 'contract'],
    ['0007-contractors', 'expand'],
    ['0007-no-contract-note', 'expand'],
    ['contract-note', 'expand'],
    ['x0007-contract-note', 'expand'],
  ])('is what the name %s says: %s', (name, phase) => {
    expect(phaseOf(name)).toBe(phase)
  })
})

describe('a database that a newer release has migrated', () => {
  const text = { ...healthy.relations.users?.columns.email, type: 'text', notNull: false }
  const kinds = (journal: readonly string[] | null, ...changes: ReturnType<typeof put>[]) =>
    diffCatalog(recorded.manifest, { ...changed(healthy, changes), journal }).map(({ kind }) => kind)
  const room = [
    put('relations/users/columns/colour', text),
    put('relations/users/columns/email/notNull', false),
    put('enums/token_status', ['active', 'expired', 'revoked', 'new']),
  ]

  it('has only made room as long as all its migrations say so', () => {
    expect(kinds(['0001-lab', '0002-colour'], ...room)).toEqual([])
    expect(kinds(['0001-lab', '0002-colour', '0003-contract-note'], ...room)).toEqual([
      'enum_value_extra',
      'database_ahead',
      'not_null_dropped',
      'database_ahead',
      'column_extra',
    ])
  })

  it('has drifted where nobody migrated it', () => {
    const drift = ['enum_value_extra', 'not_null_dropped', 'column_extra']
    expect(kinds(['0001-lab'], ...room)).toEqual(drift)
    expect(kinds(null, ...room), 'nor where nobody can read who did').toEqual(drift)
  })

  it('is held to what this code needs, whatever its migrations say', () => {
    const harm = [
      put('relations/users/columns/email'),
      put('relations/users/columns/colour', { ...text, notNull: true }),
      put('relations/user_oauth_tokens/indexes/user_oauth_tokens_expiry'),
    ]
    expect(kinds(['0001-lab', '0002-colour'], ...harm)).toEqual([
      'column_missing',
      'column_extra_not_null',
      'index_missing',
    ])
  })
})
