import { verificationErrors } from '../errors.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { migrationLock } from '../migrations/migration-lock.ts'
import type { Catalog } from './catalog.ts'
import { catalogQuery, journalQuery } from './catalog-query.ts'
import type { Sql } from './sql.ts'

export interface CatalogQuestion {
  readonly schemas: readonly string[]
  /** Whose rights; default the session's own role. */
  readonly role?: string
  /** Relations of `public` whose namesakes in other schemas matter. */
  readonly names?: readonly string[]
}

/** What PostgreSQL answered, word for word: the same words mean the same catalog. */
export interface CatalogAnswer {
  readonly catalog: string
  /** A JSON array of names; null where the role may not read the journal or there is none. */
  readonly journal: string | null
}

/** Asks what is there: one query, and one more for the journal where the role may read it.
 * @throws DomainError `rights_missing` for a role that is not there; PostgreSQL's own error, or that of the connection. */
export async function askCatalog(sql: Sql, question: CatalogQuestion): Promise<CatalogAnswer> {
  const [row] = await sql<{ catalog: string; role: string | null; mayReadJournal: boolean }>(catalogQuery, [
    question.schemas,
    question.role ?? null,
    question.names ?? [],
    migrationLock,
  ])
  if (row === undefined) throw new TypeError('the catalog query answered nothing')
  // Without a role nothing is seen, which would look as if everything were gone.
  if (row.role === null)
    throw verificationErrors.rights_missing({ message: `The database knows no role ${question.role}.` })
  return { catalog: row.catalog, journal: row.mayReadJournal ? await readJournal(sql) : null }
}

/** What was answered, to work with. */
export function catalogOf({ catalog: text, journal }: CatalogAnswer): Catalog {
  // PostgreSQL writes `public.` before a name exactly when the search path does not lead there.
  const catalog = JSON.parse(text.replaceAll(/\bpublic\./g, ''), inOrder) as Omit<Catalog, 'journal'>
  return { ...catalog, journal: journal === null ? null : (JSON.parse(journal) as string[]) }
}

// Things come in the order PostgreSQL runs into them, and a report should not depend on that: shorter names first, as
// jsonb has them.
function inOrder(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1)))
}

/** Asks and reads.
 * @throws as `askCatalog`. */
export async function readCatalog(sql: Sql, question: CatalogQuestion): Promise<Catalog> {
  return catalogOf(await askCatalog(sql, question))
}

async function readJournal(sql: Sql): Promise<string> {
  const [row] = await sql<{ journal: string }>(journalQuery)
  if (row === undefined) throw new TypeError('the journal query answered nothing')
  return row.journal
}

/** The bare names that statements use, which a search path may lead elsewhere. */
export function publicNamesOf({ catalog }: Manifest): string[] {
  return Object.keys(catalog.relations).filter((name) => !name.includes('.'))
}
