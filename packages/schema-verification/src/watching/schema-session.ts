import { Client } from 'pg'
import { z } from 'zod'
import type { Sql } from '../catalog/sql.ts'
import { type DdlNotice, ddlChannel } from './ddl-notification.ts'
import type { DdlListener } from './watcher.ts'

export interface SchemaSessionOptions {
  readonly url: string
  readonly applicationName: string
  /** The session was lost, or there was none to be had. */
  readonly onError: (error: unknown) => void
  /** How long to wait before another try to listen; default 500. */
  readonly retryMs?: number
}

export interface DdlHearing {
  /** Undefined when the payload is not one of ours: look all the same. */
  readonly onDdl: (notice: DdlNotice | undefined) => void
  /** Listening (again): whatever happened before was not heard. */
  readonly onReconnect: () => void
}

/** A watcher's own session. It hears of DDL (a pooled connection would lose what is said between two borrowers), and it
 * looks: whoever asks the same thing every few seconds has it planned once, and takes no connection from the callers. */
export interface SchemaSession {
  /** Waits for the connection, and opens another one when it was lost.
   * @throws the connection's error, or PostgreSQL's own. */
  readonly sql: Sql
  /** Listens, and comes back by itself when the connection is lost. Does not wait for the first one. */
  listen(hearing: DdlHearing): DdlListener
  /** Closes it for good. */
  stop(): Promise<void>
}

const notice = z.object({
  tag: z.string(),
  objects: z.array(z.string()),
  user: z.string(),
  application: z.string(),
  at: z.string(),
})

/** Opens nothing before it is used. Needs a session of PostgreSQL's own: a pooler in transaction mode loses both what
 * is listened for and what was planned. */
export function schemaSession(options: SchemaSessionOptions): SchemaSession {
  let connected: Promise<Client> | undefined
  let hearing: DdlHearing | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const planned = new Map<string, string>()

  const lost = () => {
    connected = undefined
    clearTimeout(timer)
    if (!stopped && hearing !== undefined)
      timer = setTimeout(() => void session().catch(options.onError), options.retryMs ?? 500)
  }
  const open = async (): Promise<Client> => {
    const mine = new Client({
      connectionString: options.url,
      application_name: options.applicationName,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 30_000,
    })
    mine.on('error', options.onError)
    mine.on('notification', ({ payload }) => hearing?.onDdl(parse(payload)))
    mine.once('end', lost)
    try {
      await mine.connect()
      // A plan that fits the question of the moment would be made anew for the first five, which take twice as long.
      await mine.query(`set plan_cache_mode = force_generic_plan; listen ${ddlChannel}`)
    } catch (error) {
      // A connection that never was does not end by itself.
      mine.end().catch(options.onError)
      throw error
    }
    return mine
  }
  const session = (): Promise<Client> => {
    if (stopped) return Promise.reject(new Error('the schema session is closed'))
    clearTimeout(timer)
    if (connected === undefined) {
      connected = open()
      connected.then(
        () => hearing?.onReconnect(),
        () => undefined,
      )
    }
    return connected
  }
  const nameOf = (text: string): string => {
    const name = planned.get(text) ?? `schema-${planned.size}`
    planned.set(text, name)
    return name
  }
  const stop = async () => {
    stopped = true
    clearTimeout(timer)
    const open = await connected?.catch(() => undefined)
    await open?.end()
  }
  return {
    sql: async <Row>(text: string, params: readonly unknown[] = []) => {
      const client = await session()
      return (await client.query({ name: nameOf(text), text, values: [...params] })).rows as Row[]
    },
    listen: (heard) => {
      hearing = heard
      session().catch(options.onError)
      return { stop }
    },
    stop,
  }
}

function parse(payload: string | undefined): DdlNotice | undefined {
  try {
    return notice.parse(JSON.parse(payload ?? ''))
  } catch {
    return undefined
  }
}
