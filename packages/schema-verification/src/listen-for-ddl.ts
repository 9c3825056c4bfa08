import { Client } from 'pg'
import { z } from 'zod'
import { type DdlNotice, ddlChannel } from './ddl-notification.ts'
import type { DdlListener } from './watcher.ts'

export interface DdlListening {
  readonly url: string
  readonly applicationName: string
  /** Undefined when the payload is not one of ours: look all the same. */
  readonly onDdl: (notice: DdlNotice | undefined) => void
  /** Listening (again): whatever happened before was not heard. */
  readonly onReconnect: () => void
  readonly onError: (error: unknown) => void
  /** How long to wait before another try; default 500. */
  readonly retryMs?: number
}

const notice = z.object({
  tag: z.string(),
  objects: z.array(z.string()),
  user: z.string(),
  application: z.string(),
  at: z.string(),
})

/** Listens on a connection of its own (a pooled one would lose what is said between two borrowers), and comes back by
 * itself when that is lost. Does not wait for the first connection. */
export function listenForDdl(options: DdlListening): DdlListener {
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const again = () => {
    client = undefined
    if (!stopped) timer = setTimeout(connect, options.retryMs ?? 500)
  }
  const connect = () => {
    const mine = new Client({
      connectionString: options.url,
      application_name: options.applicationName,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    })
    client = mine
    mine.on('error', options.onError)
    mine.once('end', again)
    mine.on('notification', ({ payload }) => options.onDdl(parse(payload)))
    mine
      .connect()
      .then(() => mine.query(`listen ${ddlChannel}`))
      .then(options.onReconnect)
      .catch((error: unknown) => {
        options.onError(error)
        // A connection that never was does not end by itself.
        mine.end().catch(options.onError)
      })
  }
  connect()
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await client?.end()
    },
  }
}

function parse(payload: string | undefined): DdlNotice | undefined {
  try {
    return notice.parse(JSON.parse(payload ?? ''))
  } catch {
    return undefined
  }
}
