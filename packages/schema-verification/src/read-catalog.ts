import type { Catalog } from './catalog.ts'
import { catalogQuery } from './catalog-query.ts'
import { verificationErrors } from './errors.ts'
import type { Manifest } from './manifest.ts'
import { migrationLock } from './migration-lock.ts'
import type { Sql } from './sql.ts'

export interface CatalogQuestion {
  readonly schemas: readonly string[]
  /** Whose rights; default the session's own role. */
  readonly role?: string
  /** Relations of `public` whose namesakes in other schemas matter. */
  readonly names?: readonly string[]
}

/** Reads what is there: one query, and one more for the journal where the role may read it.
 * @throws DomainError `rights_missing` for a role that is not there; PostgreSQL's own error, or that of the connection. */
export async function readCatalog(sql: Sql, question: CatalogQuestion): Promise<Catalog> {
  const [row] = await sql<{ catalog: Catalog }>(catalogQuery, [
    question.schemas,
    question.role ?? null,
    question.names ?? [],
    migrationLock,
  ])
  if (row === undefined) throw new TypeError('the catalog query answered nothing')
  const catalog = withoutPublic(row.catalog)
  // Without a role nothing is seen, which would look as if everything were gone.
  if (question.role !== undefined && catalog.server.role !== question.role)
    throw verificationErrors.rights_missing({ message: `The database knows no role ${question.role}.` })
  return { ...catalog, journal: catalog.server.journalReadable ? await readJournal(sql) : null }
}

/** The bare names that statements use, which a search path may lead elsewhere. */
export function publicNamesOf({ catalog }: Manifest): string[] {
  return Object.keys(catalog.relations).filter((name) => !name.includes('.'))
}

async function readJournal(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }>('select name from public.mikro_orm_migrations order by id')
  return rows.map(({ name }) => name)
}

// PostgreSQL writes `public.` before a name exactly when the search path does not lead there.
function withoutPublic(catalog: Catalog): Catalog {
  return JSON.parse(JSON.stringify(catalog).replaceAll(/\bpublic\./g, '')) as Catalog
}
