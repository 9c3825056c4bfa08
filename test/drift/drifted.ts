import {
  type Manifest,
  type Sql,
  type VerificationReport,
  verifySchema,
} from '@evergrant/schema-verification'
import { Client } from 'pg'

const clock = { now: () => new Date('2026-11-23T12:00:00Z') }

export function sqlOver(client: Client): Sql {
  return async <Row>(text: string, params: readonly unknown[] = []) =>
    (await client.query(text, [...params])).rows as Row[]
}

/** Does harm, looks, and undoes it: DDL is transactional, and so is looking. */
export async function inTransaction<Result>(
  client: Client,
  harm: string,
  look: () => Promise<Result>,
  role = 'evergrant_test_service',
): Promise<Result> {
  await client.query('begin')
  try {
    await client.query(harm)
    // What the app may see, not what the superuser who did it may see.
    await client.query(`set local role ${role}`)
    return await look()
  } finally {
    await client.query('rollback')
  }
}

export function verifyAfter(
  client: Client,
  manifest: Manifest,
  harm: string,
  role?: string,
): Promise<VerificationReport> {
  const look = () => verifySchema({ sql: sqlOver(client), manifest, clock })
  return inTransaction(client, harm, look, role)
}

/** One session for the surrounding file. */
export async function sessionOn(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  return client
}
