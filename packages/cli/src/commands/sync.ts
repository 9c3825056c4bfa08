import { setTimeout as delay } from 'node:timers/promises'
import { type ApiOptions, gatewayApi } from '../gateway-api.ts'
import { couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'

interface SyncOptions extends ApiOptions {
  readonly connection?: string
  readonly calendar?: string
  readonly mode?: string
  readonly wait: boolean
  readonly json?: boolean
}

interface Sync {
  readonly id: string
  readonly status: 'requested' | 'running' | 'completed' | 'failed'
  readonly mode?: string
  readonly counts?: Readonly<Record<string, number>>
  readonly error?: { readonly code?: string; readonly detail?: string } | null
}

const lookEveryMs = 300

/** Asks for a sync and follows it to its end. */
export async function sync(options: SyncOptions, surroundings: Surroundings): Promise<ExitCode> {
  const api = await gatewayApi(options, surroundings)
  const { connection, calendar, mode } = options
  let now: Sync = await api.ask('POST', '/v1/calendar/syncs', {
    ...(connection === undefined ? {} : { connectionId: connection }),
    ...(calendar === undefined ? {} : { calendarId: calendar }),
    ...(mode === undefined ? {} : { mode }),
  })
  let said = ''
  while (options.wait && now.status !== 'completed' && now.status !== 'failed') {
    const line = progressOf(now)
    if (line !== said && !options.json) surroundings.warn(line)
    said = line
    await delay(lookEveryMs, undefined, { signal: surroundings.interrupted }).catch(() => {
      throw couldNotCheck(`sync ${now.id} goes on; it was not followed to its end`)
    })
    now = await api.ask('GET', `/v1/calendar/syncs/${now.id}`)
  }
  surroundings.write(options.json ? JSON.stringify(now, null, 2) : progressOf(now))
  return now.status === 'failed' ? exitCodes.failed : exitCodes.held
}

function progressOf({ id, status, counts, error }: Sync): string {
  const numbers = Object.entries(counts ?? {}).map(([name, count]) => `${count} ${name}`)
  const why = error === undefined || error === null ? [] : [error.code ?? error.detail ?? 'unknown error']
  return [`sync ${id}: ${status}`, ...numbers, ...why].join(', ')
}
