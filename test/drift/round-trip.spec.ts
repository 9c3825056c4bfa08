import { migrate } from '@evergrant/event-store'
import { type Manifest, verifyDatabase, withSession } from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import { Migration } from '@mikro-orm/migrations'
import { beforeAll, describe, expect, it } from 'vitest'
import { labManifest, labMigrations } from './lab-schema.ts'

/** Something of everything, with the way back. */
class Widen extends Migration {
  readonly loses = []

  override up(): void {
    this.addSql(`alter table user_oauth_tokens add column colour text default 'none' not null`)
    this.addSql('create index user_oauth_tokens_colour on user_oauth_tokens (colour)')
    this.addSql('create table paint (id int primary key, colour text not null)')
  }
  override down(): void {
    this.addSql('drop table paint')
    this.addSql('alter table user_oauth_tokens drop column colour')
  }
}

const database = useDatabase()
const widened = [...labMigrations, { name: '0002-widen', class: Widen }]
const id = '00000000-0000-7000-8000-00000000000a'
let before: Manifest

const hashNow = async () => {
  const report = await verifyDatabase(database.url, { manifest: before, clock: { now: () => new Date() } })
  return { hash: report.databaseHash, status: report.status }
}

beforeAll(async () => {
  before = await labManifest(database.url)
  await withSession(database.url, async (sql) => {
    await sql('insert into users (id, email) values ($1, $2)', [id, 'a@example.com'])
    await sql(
      `insert into user_oauth_tokens (id, user_id, service, access_token) values ($1, $1, 'gmail', 'x')`,
      [id],
    )
  })
})

describe('up, down and up again, on rows', () => {
  it('lead to the same catalog each time, and keep the rows', async () => {
    const first = await hashNow()
    expect(first.status).toBe('verified')
    const up = () => migrate({ url: database.url, migrations: widened })
    expect(await up()).toEqual(['0002-widen'])
    const wide = await hashNow()
    expect(wide.hash).not.toBe(first.hash)
    expect(await migrate({ url: database.url, migrations: widened, direction: 'down' })).toEqual([
      '0002-widen',
    ])
    expect(await hashNow()).toEqual(first)
    await up()
    expect(await hashNow()).toEqual(wide)
    const rows = await withSession(database.url, (sql) =>
      sql('select service, colour from user_oauth_tokens'),
    )
    expect(rows).toEqual([{ service: 'gmail', colour: 'none' }])
  })
})
