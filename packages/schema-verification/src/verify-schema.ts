import type { Clock, DomainError } from '@evergrant/decider'
import { capabilitiesHit, capabilityStates } from './capability-impact.ts'
import type { Catalog } from './catalog.ts'
import { databaseHashOf, expectedHash } from './database-hash.ts'
import { differencesOf } from './diff-catalog.ts'
import { journalStanding } from './diff-journal.ts'
import { findingOf } from './difference.ts'
import type { VerificationReport, VerificationTrigger } from './finding.ts'
import type { Manifest } from './manifest.ts'
import { publicNamesOf, readCatalog } from './read-catalog.ts'
import { withSession } from './session.ts'
import type { Sql } from './sql.ts'
import { obstacleTo, whyUnreadable } from './unverifiable.ts'

export interface Verification {
  readonly sql: Sql
  readonly manifest: Manifest
  readonly clock: Clock
  readonly trigger?: VerificationTrigger
  /** Whose rights count; default the session's own role. */
  readonly role?: string
}

/** Compares the database with the manifest. Never throws: what keeps it from a verdict is a report too. */
export async function verifySchema(verification: Verification): Promise<VerificationReport> {
  const { sql, manifest, role } = verification
  let catalog: Catalog
  try {
    catalog = await readCatalog(sql, {
      schemas: manifest.contract.schemas,
      names: publicNamesOf(manifest),
      ...(role === undefined ? {} : { role }),
    })
  } catch (error) {
    return unverifiable(verification, whyUnreadable(error), null)
  }
  const obstacle = obstacleTo(manifest, catalog)
  return obstacle === undefined
    ? verdict(verification, catalog)
    : unverifiable(verification, obstacle, catalog)
}

/** The same over a session of its own. */
export async function verifyDatabase(
  url: string,
  verification: Omit<Verification, 'sql'>,
): Promise<VerificationReport> {
  try {
    return await withSession(url, (sql) => verifySchema({ ...verification, sql }))
  } catch (error) {
    return unverifiable(verification, whyUnreadable(error), null)
  }
}

function verdict(
  { manifest, clock, trigger = 'request' }: Verification,
  catalog: Catalog,
): VerificationReport {
  const differences = differencesOf(manifest, catalog)
  return {
    service: manifest.service,
    status: differences.length === 0 ? 'verified' : 'drift',
    manifestHash: expectedHash(manifest),
    databaseHash: databaseHashOf(manifest, catalog),
    lastVerifiedAt: clock.now().toISOString(),
    trigger,
    findings: differences.map((difference) =>
      findingOf(difference, capabilitiesHit(difference, manifest.contract)),
    ),
    capabilities: capabilityStates(differences, manifest.contract),
    unverifiable: null,
    ddlNotification: catalog.server.ddlNotification,
    aheadBy: journalStanding(manifest, catalog)?.ahead ?? [],
  }
}

function unverifiable(
  { manifest, trigger = 'request' }: Pick<Verification, 'manifest' | 'trigger'>,
  { code, message }: DomainError,
  catalog: Catalog | null,
): VerificationReport {
  return {
    service: manifest.service,
    status: 'unverifiable',
    manifestHash: expectedHash(manifest),
    databaseHash: null,
    lastVerifiedAt: null,
    trigger,
    findings: [],
    // Nothing is claimed: what a capability was before is for the caller to remember.
    capabilities: {},
    unverifiable: { code, message },
    ddlNotification: catalog?.server.ddlNotification ?? null,
    aheadBy: [],
  }
}
