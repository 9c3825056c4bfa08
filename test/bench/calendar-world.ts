import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase, sqlOf } from '@evergrant/event-store'
import { frugalMemory } from '@evergrant/stack'
import { type CalendarAccount, playTokenService } from './calendar-accounts.ts'
import { startOutside } from './outside.ts'
import { type NodeProcess, runToEnd, startService } from './service-process.ts'

const plenty = '1000000000'

/** Processes of calendar-service on one database and what they need around them. The emulator lives in this process and keeps
 * no file: one that writes down a million events after each change would be measured instead. It pushes to the first of
 * them; Google's quotas are out of the way. */
export async function startCalendarWorld(
  options: { readonly processes?: number; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const outside = await startOutside()
  const { postgres, nats, google, issuer } = outside
  const database = await openDatabase({ url: postgres.url, applicationName: 'bench' })
  const sql = sqlOf(database)
  const tokens = await playTokenService(google, nats.url)
  const services: NodeProcess[] = []
  const stop = async () => {
    await Promise.all(services.map((service) => service.stop()))
    await Promise.all([tokens.close(), database.close()])
    await outside.stop()
  }
  try {
    await sql('create role evergrant_service nologin')
    await runToEnd('calendar-service', { MIGRATOR_DATABASE_URL: postgres.url })
    const pushedTo = await freePort()
    for (let nth = 0; nth < (options.processes ?? 1); nth++) {
      services.push(
        await startService('calendar-service', {
          ...outside.env,
          ...frugalMemory,
          DATABASE_URL: postgres.url,
          GOOGLE_API_ROOT_URL: google.url,
          PORT: String(nth === 0 ? pushedTo : 0),
          PUBLIC_URL: `http://127.0.0.1:${pushedTo}`,
          SYNC_STALE_AFTER_SECONDS: '86400',
          CALENDAR_REQUESTS_PER_MINUTE: plenty,
          CALENDAR_REQUESTS_PER_MINUTE_PER_USER: plenty,
          LOG_LEVEL: 'info',
          ...options.env,
        }),
      )
    }
  } catch (error) {
    await stop()
    throw error
  }
  const [first] = services
  if (first === undefined) throw new Error('a world without a service measures nothing')

  /** Asks as this user. */
  const call = async (account: CalendarAccount, path: string, body?: object) => {
    const headers = { authorization: await issuer.bearer(account.user), 'content-type': 'application/json' }
    const answer = await fetch(`${first.url}${path}`, {
      headers,
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as never }
  }
  return {
    google,
    postgres,
    sql,
    tokens,
    services,
    call,
    /** @returns the sync's id. */
    ask: async (account: CalendarAccount, what: object = {}): Promise<string> => {
      const { status, body } = await call(account, '/v1/calendar/syncs', what)
      if (status !== 202) throw new Error(`the sync was not taken: ${status}`)
      return (body as { id: string }).id
    },
    stop,
  }
}

export type CalendarWorld = Awaited<ReturnType<typeof startCalendarWorld>>

/** Asking more often would itself take a third of a small machine. */
export async function until(holds: () => Promise<boolean>, everyMs = 20): Promise<void> {
  while (!(await holds())) await delay(everyMs)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
