import type { MigrationStatements } from './migration-checksum.ts'
import { phaseOf } from './migration-phase.ts'

export type LintRule =
  | 'backfill_beside_ddl'
  | 'check_without_not_valid'
  | 'column_type_changed'
  | 'drop_outside_contract'
  | 'enum_value_renamed'
  | 'foreign_key_without_not_valid'
  | 'index_not_concurrent'
  | 'not_null_without_default'
  | 'rename'
  | 'revoke'
  | 'set_not_null'

export interface LintFinding {
  readonly migration: string
  readonly rule: LintRule
  /** The beginning of the statement. */
  readonly statement: string
  readonly advice: string
}

const advice: Readonly<Record<LintRule, string>> = {
  backfill_beside_ddl:
    'The rows stay locked until the DDL commits, and readers wait: fill in batches from a program of its own.',
  check_without_not_valid:
    'The whole table is read under a lock: add it not valid, validate it in a later migration.',
  column_type_changed:
    'The table is rewritten and older code meets another type: add a column, copy, switch, drop.',
  drop_outside_contract:
    'Older code still names it: drop it one release later, in a migration whose name begins with contract.',
  enum_value_renamed: 'Older code writes the old value: add the new one, and stop using the old one.',
  foreign_key_without_not_valid:
    'Both tables are locked while every row is checked: add it not valid, validate later.',
  index_not_concurrent:
    'Writes wait until it is built: create it concurrently, in a migration without a transaction.',
  not_null_without_default:
    'Inserts of older code leave it out and fail: give it a default, or let it be null first.',
  rename: 'Older code still uses the old name: add, copy, switch, drop.',
  revoke: 'Older code may still need the right: take it away one release later.',
  set_not_null: 'The table is read under a lock, and older code may write null: validate a check first.',
}

// What a rule is about, on a table that was there before. `$1`, where there is one, is that table.
const patterns: readonly (readonly [LintRule, RegExp])[] = [
  [
    'index_not_concurrent',
    /create (?:unique )?index (?!concurrently)(?:if not exists )?(?:[\w".]+ )?on (?:only )?([\w".]+)/gi,
  ],
  [
    'not_null_without_default',
    /alter table (?:only )?([\w".]+)[^;]*?add (?:column )?(?!constraint)(?:(?!\bdefault\b|\bgenerated\b|,|;).)*\bnot null\b(?!(?:(?!,|;).)*\b(?:default|generated)\b)/gi,
  ],
  ['set_not_null', /alter table (?:only )?([\w".]+)[^;]*?alter (?:column )?[\w"]+ set not null/gi],
  [
    'column_type_changed',
    /alter table (?:only )?([\w".]+)[^;]*?alter (?:column )?[\w"]+ (?:set data )?type /gi,
  ],
  [
    'check_without_not_valid',
    /alter table (?:only )?([\w".]+)[^;]*?add (?:constraint [\w"]+ )?check\b(?![^;]*not valid)/gi,
  ],
  [
    'foreign_key_without_not_valid',
    /alter table (?:only )?([\w".]+)[^;]*?add (?:constraint [\w"]+ )?foreign key\b(?![^;]*not valid)/gi,
  ],
  ['rename', /alter table (?:only )?([\w".]+)[^;]*? rename /gi],
  [
    'drop_outside_contract',
    /alter table (?:only )?([\w".]+)[^;]*? drop (?:column )?(?!constraint|not null|default|expression|identity)[\w"]+/gi,
  ],
  ['drop_outside_contract', /drop (?:table|view|function|schema|type|sequence) (?:if exists )?([\w".]+)/gi],
  ['enum_value_renamed', /alter type ([\w".]+) rename value/gi],
  ['revoke', /revoke [^;]*? on (?:table )?([\w".]+)/gi],
]
const backfill =
  /(?:^|;|\))\s*(?:update ([\w".]+)|delete from ([\w".]+)|insert into ([\w".]+)[^;]*?\bselect\b)/gi
const ddl = /\b(?:create|alter|drop) (?:table|index|unique index|type|schema)\b/i

/** What would hurt a running system: long locks, and what the previous release cannot live with. Tables that the same
 * migration creates are nobody's yet, so anything may be done to them. */
export function lintMigration({ name, up }: MigrationStatements): LintFinding[] {
  const text = up.map(withoutComments).join(';\n')
  const own = new Set(
    [...text.matchAll(/create table (?:if not exists )?([\w".]+)/gi)].map(([, table]) => table),
  )
  const contract = phaseOf(name) === 'contract'
  const found: LintFinding[] = []
  const add = (rule: LintRule, match: RegExpMatchArray) => {
    const table = match.slice(1).find((group) => group !== undefined)
    if (table !== undefined && own.has(table)) return
    const statement = match[0].replace(/^[;)]/, '').replaceAll(/\s+/g, ' ').trim().slice(0, 120)
    found.push({ migration: name, rule, statement, advice: advice[rule] })
  }
  for (const [rule, pattern] of patterns) {
    if (contract && (rule === 'drop_outside_contract' || rule === 'revoke')) continue
    for (const match of text.matchAll(pattern)) add(rule, match)
  }
  if (ddl.test(text)) for (const match of text.matchAll(backfill)) add('backfill_beside_ddl', match)
  return found
}

// A function's body runs when it is called, not now.
function withoutComments(statement: string): string {
  return statement
    .replaceAll(/\$\$[\s\S]*?\$\$/g, '$$$$')
    .replaceAll(/--[^\n]*/g, '')
    .replaceAll(/\s+/g, ' ')
}
