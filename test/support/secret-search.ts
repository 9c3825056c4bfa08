import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'

/** Where something secret was found; the secret itself is never repeated. */
export interface Finding {
  readonly where: string
  readonly what: string
}

export interface SecretsToFind {
  /** Exact secrets that must stand nowhere in the clear, by what they are. */
  readonly exact: Readonly<Record<string, string>>
  /** How Google's secrets begin, by what they are. */
  readonly prefixes: Readonly<Record<string, string>>
  /** PKCE S256 challenges: any text that hashes to one is its verifier (RFC 7636 §4.2). */
  readonly codeChallenges: readonly string[]
}

function findIn(text: string, where: string, secrets: SecretsToFind): Finding[] {
  const named = [...Object.entries(secrets.exact), ...Object.entries(secrets.prefixes)]
    .filter(([, secret]) => text.includes(secret))
    .map(([what]) => ({ where, what }))
  const verifiers = (text.match(/[A-Za-z0-9._~-]{43,128}/g) ?? []).filter((candidate) =>
    secrets.codeChallenges.includes(createHash('sha256').update(candidate).digest('base64url')),
  )
  return verifiers.length > 0 ? [...named, { where, what: 'code verifier' }] : named
}

/** bytea comes as hex, base64 hides text just as well: look inside both. */
function withDecoded(text: string): string {
  const hex = [...text.matchAll(/\\x([0-9a-f]{16,})/g)].map(([, digits]) =>
    Buffer.from(digits ?? '', 'hex').toString('latin1'),
  )
  const base64 = (text.match(/[A-Za-z0-9+/_-]{24,}={0,2}/g) ?? []).map((part) =>
    Buffer.from(part, 'base64').toString('latin1'),
  )
  return [text, ...hex, ...base64].join('\n')
}

/** Every column of every table of one database. */
export async function searchDatabase(
  url: string,
  secrets: SecretsToFind,
): Promise<{ findings: Finding[]; rows: number }> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ schema: string; name: string }>(
      `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'm') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'`,
    )
    const findings: Finding[] = []
    let count = 0
    for (const { schema, name } of tables) {
      const table = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`
      const { rows } = await client.query<{ row: string }>(
        `select row_to_json(t)::text as row from ${table} t`,
      )
      count += rows.length
      findings.push(
        ...rows.flatMap(({ row }) =>
          findIn(withDecoded(row.replaceAll('\\\\', '\\')), `${schema}.${name}`, secrets),
        ),
      )
    }
    return { findings, rows: count }
  } finally {
    await client.end()
  }
}

/** Every file below a folder, as bytes: JetStream's store, log files. */
export function searchFiles(folder: string, secrets: SecretsToFind): { findings: Finding[]; bytes: number } {
  const findings: Finding[] = []
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    bytes += statSync(file).size
    findings.push(
      ...findIn(withDecoded(readFileSync(file, 'latin1')), file.slice(folder.length + 1), secrets),
    )
  }
  return { findings, bytes }
}
