import type { Catalog } from '../catalog/catalog.ts'
import { quoted } from '../catalog/identifier.ts'
import type { ExpectedCatalog } from '../manifest/manifest.ts'
import { type Difference, everyAccess } from './difference.ts'

/** Whether the bare names in our statements still lead to our tables, for this session and for the next one. */
export function diffNames(expected: ExpectedCatalog, actual: Catalog): Difference[] {
  const { server } = actual
  const next = server.settings.search_path
  const later = next === undefined ? server.searchPath : parsePath(next, server.role)
  const ours = Object.keys(expected.relations).filter(
    (name) => !name.includes('.') && Object.hasOwn(actual.relations, name),
  )
  const astray = ours.flatMap((name) => {
    const where = [later, server.searchPath]
      .map((path) => leadsTo(path, name, actual))
      .find((schema) => schema !== 'public')
    return where === undefined ? [] : [{ name, where }]
  })
  if (astray.length === 0) return settings(expected, actual)
  const names = astray.map(({ name }) => name)
  const elsewhere = [...new Set(astray.map(({ where }) => where))]
  const lasts = names.some((name) => leadsTo(later, name, actual) !== 'public')
  return [
    {
      path: `role ${server.role}: search_path`,
      kind: 'search_path_astray',
      class: 'breaking_read',
      expected: 'public',
      actual: (lasts ? next : undefined) ?? server.searchPath.join(', '),
      explanation: `The search path of ${server.role} leads ${listed(names)} to ${elsewhere.map((schema) => (schema === 'nowhere' ? 'nowhere' : `the tables of schema ${schema}`)).join(' and ')} instead of public; ${lasts ? 'sessions that start from now on' : 'sessions that are open'} see those.`,
      remedy: `alter role ${quoted(server.role)} reset search_path; alter role ${quoted(server.role)} in database ${quoted(server.database)} reset search_path`,
      touches: names.map((table) => ({ table, access: everyAccess })),
    },
    ...settings(expected, actual),
  ]
}

function leadsTo(path: readonly string[], name: string, { namesakes }: Catalog): string {
  const found = path.find(
    (schema) =>
      schema === 'public' || namesakes.some((other) => other.schema === schema && other.name === name),
  )
  return found ?? 'nowhere'
}

function parsePath(setting: string, role: string): string[] {
  return setting
    .split(',')
    .map((part) => part.trim().replace(/^"(.*)"$/, '$1'))
    .map((part) => (part === '$user' ? role : part))
}

function settings(expected: ExpectedCatalog, { server }: Catalog): Difference[] {
  const found: Difference[] = []
  const all = Object.keys(expected.relations).map((table) => ({
    table,
    access: ['insert', 'update', 'delete'] as const,
  }))
  const reset = (name: string) => `alter role ${quoted(server.role)} reset ${name}`
  if (server.settings.default_transaction_read_only === 'on')
    found.push({
      path: `role ${server.role}: default_transaction_read_only`,
      kind: 'read_only_by_setting',
      class: 'breaking_write',
      expected: 'off',
      actual: 'on',
      explanation: `Sessions of ${server.role} start read-only, so every write fails.`,
      remedy: reset('default_transaction_read_only'),
      touches: all,
    })
  // `local` differs from `origin` for replication tools only.
  if (server.settings.session_replication_role === 'replica')
    found.push({
      path: `role ${server.role}: session_replication_role`,
      kind: 'triggers_off_by_setting',
      class: 'integrity',
      expected: 'origin',
      actual: 'replica',
      explanation: `Sessions of ${server.role} start as replicas: foreign keys and triggers do nothing.`,
      remedy: reset('session_replication_role'),
      touches: all,
    })
  return found
}

function listed(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
}
