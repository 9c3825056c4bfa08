import type { Clock, DomainError } from '@evergrant/decider'
import type { Catalog } from './catalog/catalog.ts'
import { databaseHashOf, expectedHash } from './catalog/database-hash.ts'
import { askCatalog, type CatalogAnswer, catalogOf, publicNamesOf } from './catalog/read-catalog.ts'
import { withSession } from './catalog/session.ts'
import type { Sql } from './catalog/sql.ts'
import { capabilitiesHit, capabilityStates } from './diff/capability-impact.ts'
import { differencesOf } from './diff/diff-catalog.ts'
import { journalStanding } from './diff/diff-journal.ts'
import { findingOf } from './diff/difference.ts'
import type { VerificationReport, VerificationTrigger } from './diff/finding.ts'
import type { Manifest } from './manifest/manifest.ts'
import { obstacleTo, whyUnreadable } from './unverifiable.ts'

export interface Verification {
  readonly sql: Sql
  readonly manifest: Manifest
  readonly clock: Clock
  readonly trigger?: VerificationTrigger
  /** Whose rights count; default the session's own role. */
  readonly role?: string
}

/** What follows from manifest and catalog alone, whenever and why ever one looks. */
type Verdict = Omit<VerificationReport, 'trigger' | 'lastVerifiedAt'>

/** Compares the database with the manifest. Never throws: what keeps it from a verdict is a report too. */
export async function verifySchema(verification: Verification): Promise<VerificationReport> {
  const { sql, manifest, role } = verification
  let answer: CatalogAnswer
  try {
    answer = await askCatalog(sql, {
      schemas: manifest.contract.schemas,
      names: publicNamesOf(manifest),
      ...(role === undefined ? {} : { role }),
    })
  } catch (error) {
    return reportOf(verification, unverifiable(manifest, whyUnreadable(error), null))
  }
  return reportOf(verification, verdictOn(manifest, answer))
}

/** The same over a session of its own. */
export async function verifyDatabase(
  url: string,
  verification: Omit<Verification, 'sql'>,
): Promise<VerificationReport> {
  try {
    return await withSession(url, (sql) => verifySchema({ ...verification, sql }))
  } catch (error) {
    return reportOf(verification, unverifiable(verification.manifest, whyUnreadable(error), null))
  }
}

function reportOf(
  { clock, trigger = 'request' }: Pick<Verification, 'clock' | 'trigger'>,
  verdict: Verdict,
): VerificationReport {
  const lastVerifiedAt = verdict.unverifiable === null ? clock.now().toISOString() : null
  return { ...verdict, lastVerifiedAt, trigger }
}

// A poll finds the same words nearly every time, and the callers of a service wait while it compares.
const last = new WeakMap<Manifest, { readonly answer: CatalogAnswer; readonly verdict: Verdict }>()

function verdictOn(manifest: Manifest, answer: CatalogAnswer): Verdict {
  const known = last.get(manifest)
  if (known?.answer.catalog === answer.catalog && known.answer.journal === answer.journal)
    return known.verdict
  const catalog = catalogOf(answer)
  const obstacle = obstacleTo(manifest, catalog)
  const verdict =
    obstacle === undefined ? comparison(manifest, catalog) : unverifiable(manifest, obstacle, catalog)
  last.set(manifest, { answer, verdict })
  return verdict
}

function comparison(manifest: Manifest, catalog: Catalog): Verdict {
  const differences = differencesOf(manifest, catalog)
  return {
    service: manifest.service,
    status: differences.length === 0 ? 'verified' : 'drift',
    manifestHash: expectedHash(manifest),
    databaseHash: databaseHashOf(manifest, catalog),
    findings: differences.map((difference) =>
      findingOf(difference, capabilitiesHit(difference, manifest.contract)),
    ),
    capabilities: capabilityStates(differences, manifest.contract),
    unverifiable: null,
    ddlNotification: catalog.server.ddlNotification,
    aheadBy: journalStanding(manifest, catalog)?.ahead ?? [],
  }
}

function unverifiable(manifest: Manifest, { code, message }: DomainError, catalog: Catalog | null): Verdict {
  return {
    service: manifest.service,
    status: 'unverifiable',
    manifestHash: expectedHash(manifest),
    databaseHash: null,
    findings: [],
    // Nothing is claimed: what a capability was before is for the caller to remember.
    capabilities: {},
    unverifiable: { code, message },
    ddlNotification: catalog?.server.ddlNotification ?? null,
    aheadBy: [],
  }
}
