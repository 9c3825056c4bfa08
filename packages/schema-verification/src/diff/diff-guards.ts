import type { Relation } from '../catalog/catalog.ts'
import { quoted, quotedRelation } from '../catalog/identifier.ts'
import { type Difference, everyAccess, writes } from './difference.ts'

/** Row security, policies, triggers and rules: what stands between a statement and its rows. */
export function diffGuards(table: string, expected: Relation, actual: Relation): Difference[] {
  return [
    ...rowSecurity(table, expected, actual),
    ...policies(table, expected, actual),
    ...triggers(table, expected, actual),
    ...rules(table, expected, actual),
  ]
}

function rowSecurity(table: string, expected: Relation, actual: Relation): Difference[] {
  if (expected.rowSecurity === actual.rowSecurity) return []
  const name = quotedRelation(table)
  const on = actual.rowSecurity !== 'off'
  return [
    {
      path: table,
      kind: 'row_security_changed',
      class: 'silent',
      expected: `row security ${expected.rowSecurity}`,
      actual: `row security ${actual.rowSecurity}`,
      explanation: on
        ? `Row security is ${actual.rowSecurity} on ${table}: reads leave out rows without an error, and writes are refused, unless a policy lets them through.`
        : `Row security is off on ${table}: rows that were kept apart are not any more.`,
      remedy:
        expected.rowSecurity === 'off'
          ? `alter table ${name} disable row level security; alter table ${name} no force row level security`
          : `alter table ${name} enable row level security${expected.rowSecurity === 'forced' ? `; alter table ${name} force row level security` : ''}`,
      touches: [{ table, access: everyAccess }],
      // An empty answer would be taken for the truth: better none.
      impact: on ? 'unavailable' : 'degraded',
    },
  ]
}

function policies(table: string, expected: Relation, actual: Relation): Difference[] {
  return changes(expected.policies, actual.policies).map(([name, before, after]) => ({
    path: `${table}(${name})`,
    kind: 'policy_changed',
    class: actual.rowSecurity === 'off' ? 'info' : 'silent',
    expected: before,
    actual: after,
    explanation: `The policy ${name} of ${table} is ${fate(before, after)}; ${actual.rowSecurity === 'off' ? 'row security is off, so it does nothing yet' : 'it decides which rows are seen and written'}.`,
    ...(before === null ? { remedy: `drop policy ${quoted(name)} on ${quotedRelation(table)}` } : {}),
    touches: [{ table, access: everyAccess }],
  }))
}

function triggers(table: string, expected: Relation, actual: Relation): Difference[] {
  const found: Difference[] = []
  const name = quotedRelation(table)
  for (const [trigger, before] of Object.entries(expected.triggers)) {
    const now = actual.triggers[trigger]
    const same = now?.definition === before.definition && now.bodyHash === before.bodyHash
    if (same && now.enabled === before.enabled) continue
    if (same && now.enabled) {
      found.push({
        path: `${table}(${trigger})`,
        kind: 'trigger_enabled',
        class: 'silent',
        expected: 'disabled',
        actual: now.definition,
        explanation: `The trigger ${trigger} of ${table} is at work although the migrations leave it off; it may change or refuse what the code writes, without an error.`,
        remedy: `alter table ${name} disable trigger ${quoted(trigger)}`,
        touches: [{ table, access: writes }],
      })
      continue
    }
    found.push({
      path: `${table}(${trigger})`,
      kind: now === undefined ? 'trigger_missing' : same ? 'trigger_disabled' : 'trigger_changed',
      class: 'integrity',
      expected: before.definition,
      actual: now === undefined ? null : same ? 'disabled' : now.definition,
      explanation: `The trigger ${trigger} of ${table} ${now === undefined ? 'is gone' : same ? 'is disabled' : 'does something else'}, so what it took care of does not happen.`,
      remedy: same
        ? `alter table ${name} enable trigger ${quoted(trigger)}`
        : `${now === undefined ? '' : `drop trigger ${quoted(trigger)} on ${name}; `}${before.definition}`,
      additive: same || now === undefined,
      touches: [{ table, access: writes }],
    })
  }
  for (const [trigger, now] of Object.entries(actual.triggers))
    if (!Object.hasOwn(expected.triggers, trigger) && now.enabled)
      found.push({
        path: `${table}(${trigger})`,
        kind: 'trigger_extra',
        class: 'silent',
        expected: null,
        actual: now.definition,
        explanation: `The trigger ${trigger} of ${table} is in no migration; it may change or refuse what the code writes, without an error.`,
        remedy: `alter table ${name} disable trigger ${quoted(trigger)}`,
        touches: [{ table, access: writes }],
      })
  return found
}

function rules(table: string, expected: Relation, actual: Relation): Difference[] {
  return changes(expected.rules, actual.rules).map(([name, before, after]) => ({
    path: `${table}(${name})`,
    kind: 'rule_changed',
    class: 'breaking_write',
    expected: before,
    actual: after,
    explanation: `The rewrite rule ${name} of ${table} is ${fate(before, after)}: statements are turned into others, and those with returning or on conflict fail.`,
    ...(before === null ? { remedy: `drop rule ${quoted(name)} on ${quotedRelation(table)}` } : {}),
    touches: [{ table, access: ['insert', 'update', 'delete'] }],
  }))
}

type Change = readonly [name: string, before: string | null, after: string | null]

function changes(
  expected: Readonly<Record<string, string>>,
  actual: Readonly<Record<string, string>>,
): Change[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(actual)])]
    .filter((name) => expected[name] !== actual[name])
    .map((name) => [name, expected[name] ?? null, actual[name] ?? null])
}

function fate(before: string | null, after: string | null): string {
  return before === null ? 'in no migration' : after === null ? 'gone' : 'another one now'
}
