import { spawnSync } from 'node:child_process'
import {
  type Finding,
  hindrances,
  type Manifest,
  parseManifest,
  probeSchema,
  verifySchema,
  withSession,
} from '@evergrant/schema-verification'
import { manifestPath, type PreviousRelease, previousRelease } from './previous-release.ts'

export type Verdict =
  | { readonly kind: 'lives'; readonly release: string; readonly commit: string }
  | { readonly kind: 'breaks'; readonly release: string; readonly findings: readonly Finding[] }
  | Exclude<PreviousRelease, { kind: 'release' }>

export interface Question {
  /** The repository. */
  readonly root: string
  readonly service: string
  /** Today's, by name. */
  readonly migrations: readonly string[]
  /** A database that today's migrations made. */
  readonly url: string
  /** Whose rights count. */
  readonly role: string
}

/** Whether the release that ran before the newest migration goes on working after it. */
export async function holdPreviousRelease(question: Question): Promise<Verdict> {
  const { root, service, migrations, url, role } = question
  const before = previousRelease(root, service, migrations)
  if (before.kind !== 'release') return before
  const { name: release, commit } = before
  try {
    const findings = await whatBreaks(url, manifestAt(root, service, commit), role)
    return findings.length === 0 ? { kind: 'lives', release, commit } : { kind: 'breaks', release, findings }
  } catch (error) {
    // No verdict is told as such; it is never taken for a good one.
    return { kind: 'unknown', why: `${release}: ${error instanceof Error ? error.message : error}` }
  }
}

function manifestAt(root: string, service: string, commit: string): Manifest {
  const { stdout } = spawnSync('git', ['-C', root, 'show', `${commit}:${manifestPath(service)}`], {
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  })
  return parseManifest(() => stdout, service)
}

/** What its own verifier would not start on, and every statement and row of its contract that PostgreSQL refuses. */
async function whatBreaks(url: string, release: Manifest, role: string): Promise<Finding[]> {
  return withSession(url, async (sql) => {
    await sql(`set role ${role}`)
    const report = await verifySchema({ sql, manifest: release, clock: { now: () => new Date() } })
    if (report.unverifiable !== null) throw new Error(report.unverifiable.message)
    return [...hindrances(report), ...(await probeSchema(sql, release))]
  })
}

/** The verdict for people: what breaks, why, and which capabilities it takes. */
export function tell(service: string, verdict: Verdict): string {
  switch (verdict.kind) {
    case 'lives':
      return `${service}: the previous release (${verdict.release}) lives on today's schema`
    case 'breaks':
      return [
        `${service}: the previous release (${verdict.release}) breaks on today's schema`,
        ...verdict.findings.map(
          ({ path, class: word, explanation, capabilities }) =>
            `  ${path} (${word}): ${explanation} It loses ${capabilities.join(', ') || 'its start'}.`,
        ),
      ].join('\n')
    case 'none':
      return `${service}: nothing was released before its newest migration`
    case 'unknown':
      return `${service}: could not prove that the previous release lives on today's schema: ${verdict.why}`
  }
}
