import pg from 'pg'
import { couldNotCheck } from './outcome.ts'

/** A row as the table has it; null where the table has nothing. Times are RFC 3339. */
export interface LegacyTableRow {
  readonly rowId: string
  readonly userId: string
  readonly service: string
  readonly accountId: string | null
  readonly email: string | null
  readonly scope: string | null
  readonly expiresAt: string | null
  readonly updatedAt: string | null
  readonly accessToken: string | null
  readonly refreshToken: string | null
}

export interface LegacyTable {
  readonly rows: number
  /** Rows by user; a user's rows are never split over two batches, because they may be one grant. */
  batches(): AsyncGenerator<readonly LegacyTableRow[]>
  close(): Promise<void>
}

const needed = ['id', 'user_id', 'service', 'access_token', 'refresh_token']
const batchRows = 50
const fetchRows = 500

/** Opens a table for reading only, as it is at this moment.
 * @throws CommandEnd (could not check) when the database or the table is not what it takes. */
export async function openLegacyTable(url: string, table: string): Promise<LegacyTable> {
  const client = new pg.Client({ connectionString: url, application_name: 'evergrant import-legacy' })
  await client.connect().catch((cause) => {
    throw couldNotCheck('the old database does not answer, or not with this login', cause)
  })
  // Its loss shows in the next query.
  client.on('error', () => undefined)
  try {
    await client.query('begin isolation level repeatable read read only')
    const name = table.split('.').map(pg.escapeIdentifier).join('.')
    const types = await columnTypes(client, name, table)
    const { rows } = await client.query<{ count: number }>(`select count(*)::int as count from ${name}`)
    await client.query(`declare legacy no scroll cursor for ${selection(name, types)}`)
    return {
      rows: rows[0]?.count ?? 0,
      batches: () => byUser(client),
      close: () => client.end(),
    }
  } catch (error) {
    await client.end()
    throw error
  }
}

async function columnTypes(client: pg.Client, name: string, table: string): Promise<Map<string, string>> {
  const { rows } = await client.query<{ attname: string; type: string }>(
    `select attname, format_type(atttypid, null) as type from pg_attribute
      where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
    [name],
  )
  if (rows.length === 0) throw couldNotCheck(`there is no table ${table} in that database`)
  const types = new Map(rows.map(({ attname, type }) => [attname, type]))
  const missing = needed.filter((column) => !types.has(column))
  if (missing.length > 0) throw couldNotCheck(`${table} has no ${missing.join(', ')}`)
  return types
}

function selection(name: string, types: ReadonlyMap<string, string>): string {
  const text = (column: string) => (types.has(column) ? `nullif(btrim(${column}::text), '')` : 'null::text')
  return `select id::text as "rowId", user_id::text as "userId", service::text as service,
      ${text('service_user_id')} as "accountId", ${text('service_email')} as email, ${text('scope')} as scope,
      ${moment('token_expiry', types)} as "expiresAt", ${moment('updated_at', types)} as "updatedAt",
      ${text('access_token')} as "accessToken", ${text('refresh_token')} as "refreshToken"
    from ${name} order by user_id, id`
}

/** Without a time zone it is read as UTC, which is what servers write; numbers are seconds, or milliseconds when huge. */
function moment(column: string, types: ReadonlyMap<string, string>): string {
  const type = types.get(column)
  if (type === undefined) return 'null::text'
  if (/^(timestamp|date)/.test(type)) return utc(`extract(epoch from ${column})`)
  if (/^(integer|bigint|numeric|double|real)/.test(type))
    return utc(`case when ${column} > 100000000000 then ${column} / 1000.0 else ${column} end`)
  return `nullif(btrim(${column}::text), '')`
}

function utc(seconds: string): string {
  return `to_char(to_timestamp(${seconds}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

async function* byUser(client: pg.Client): AsyncGenerator<readonly LegacyTableRow[]> {
  let batch: LegacyTableRow[] = []
  for (;;) {
    const { rows } = await client.query<LegacyTableRow>(`fetch ${fetchRows} from legacy`)
    for (const row of rows) {
      if (batch.length >= batchRows && batch.at(-1)?.userId !== row.userId) {
        yield batch
        batch = []
      }
      batch.push({ ...row, expiresAt: rfc3339(row.expiresAt), updatedAt: rfc3339(row.updatedAt) })
    }
    if (rows.length < fetchRows) break
  }
  if (batch.length > 0) yield batch
}

/** What is no time is as good as none: Google knows better anyway. */
function rfc3339(value: string | null): string | null {
  const at = value === null ? Number.NaN : Date.parse(value)
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}
