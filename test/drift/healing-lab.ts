import { randomBytes } from 'node:crypto'
import {
  type Healing,
  type HealingReport,
  healSchema,
  type Manifest,
  verifyDatabase,
} from '@evergrant/schema-verification'
import { Client } from 'pg'
import { afterAll, beforeAll, inject } from 'vitest'
import { labManifest } from './lab-schema.ts'

const clock = { now: () => new Date('2026-11-29T12:00:00Z') }

/** The lab's database, made by a migrator that is no superuser, and as many copies of it as there are harms to do. */
export function useHealingLab() {
  const mark = randomBytes(4).toString('hex')
  const name = (what: string) => `t_${inject('testRunId')}_heal_${mark}_${what}`
  const migrator = name('migrator')
  const service = name('service')
  const adminUrl = inject('postgresAdminUrl')
  const template = name('template')
  const copies: string[] = []
  let manifest: Manifest

  beforeAll(async () => {
    await asAdmin(async (admin) => {
      await admin.query(`create role ${migrator} login password '${migrator}'`)
      await admin.query(`create role ${service} login password '${service}' in role evergrant_service`)
      await admin.query(`create database ${template} template template0 strategy file_copy owner ${migrator}`)
    })
    manifest = await labManifest(urlOf(migrator, template))
  })
  afterAll(() =>
    asAdmin(async (admin) => {
      for (const database of [...copies, template])
        await admin.query(`drop database if exists ${database} with (force)`)
      await admin.query(`drop role ${migrator}`)
      await admin.query(`drop role ${service}`)
    }),
  )

  async function asAdmin<Result>(work: (client: Client) => Promise<Result>, database?: string) {
    return await withClient(urlOf(undefined, database), work)
  }
  function urlOf(role: string | undefined, database?: string): string {
    const url = new URL(adminUrl)
    if (role !== undefined) url.username = url.password = role
    if (database !== undefined) url.pathname = `/${database}`
    return url.href
  }

  return {
    manifest: () => manifest,
    /** A copy with this done to it, by somebody who may do anything. */
    async harmed(harm: string, withRows = true) {
      const database = name(`copy_${copies.length}`)
      copies.push(database)
      await asAdmin((admin) =>
        admin.query(`create database ${database} template ${template} strategy file_copy owner ${migrator}`),
      )
      await asAdmin(async (admin) => {
        if (withRows) await admin.query(rows)
        await admin.query(harm.replaceAll('evergrant_test_service', service))
      }, database)
      const url = urlOf(migrator, database)
      const healing = { url, manifest, clock, role: service, apply: true }
      return {
        url,
        serviceUrl: urlOf(service, database),
        query: async (text: string) => (await asAdmin((admin) => admin.query(text), database)).rows,
        session: () => openClient(urlOf(undefined, database)),
        heal: (more: Partial<Healing> = {}): Promise<HealingReport> => healSchema({ ...healing, ...more }),
        /** As the service sees it, over a session of its own. */
        look: () => verifyDatabase(urlOf(service, database), { manifest, clock }),
        async end() {
          await asAdmin(async (admin) => {
            await admin.query(`drop database ${database} with (force)`)
            await admin.query(`alter role ${service} reset all`)
          })
        },
      }
    },
  }
}

// Healing has rows to look at.
const rows = `
  insert into users (id, email) select md5(n::text)::uuid, n || '@example.com' from generate_series(1, 20) n;
  insert into user_oauth_tokens (id, user_id, service, access_token, token_expiry, scope)
  select id, id, 'calendar', 'sealed', now(), 'calendar.readonly' from users`

async function openClient(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString })
  await client.connect()
  return client
}

async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = await openClient(url)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
