import { type Msg, type NatsConnection, headers as newHeaders, type Service, type ServiceMsg } from 'nats'
import { busErrors } from './errors.ts'
import type { BusService, Reply, RequestHandler, Running } from './event-bus.ts'
import type { Link } from './link.ts'

const errorHeader = 'Nats-Service-Error'
const errorCodeHeader = 'Nats-Service-Error-Code'

/** @throws DomainError `bus_unavailable` when nobody answers in time. */
export async function request(
  link: Link,
  subject: string,
  body: unknown,
  options: { readonly timeoutMs: number; readonly headers?: Readonly<Record<string, string>> },
): Promise<Reply> {
  const connection = link.live()
  if (!connection) throw busErrors.bus_unavailable({ detail: { subject } })
  const headers = newHeaders()
  for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value)
  let message: Msg
  try {
    message = await connection.request(subject, JSON.stringify(body ?? null), {
      timeout: options.timeoutMs,
      headers,
    })
  } catch (cause) {
    throw busErrors.bus_unavailable({ cause, detail: { subject } })
  }
  const answer = bodyOf(message)
  const code = message.headers?.get(errorHeader)
  if (!code) return { ok: true, body: answer }
  return { ok: false, status: Number(message.headers?.get(errorCodeHeader)) || 500, code, body: answer }
}

/** Announces the endpoints under `$SRV`; all replicas are one queue group, so each request reaches one of them. */
export async function serve(link: Link, service: BusService): Promise<Running> {
  let adding: Promise<Service> | undefined
  let stopped = false
  link.onFirstConnect((connection) => {
    if (stopped) return
    adding = addService(link, connection, service)
    adding.catch(link.report)
  })
  await adding
  return {
    stop: async () => {
      stopped = true
      await (await adding)?.stop()
    },
  }
}

async function addService(link: Link, connection: NatsConnection, service: BusService) {
  const { name, version, description } = service
  const added = await connection.services.add({ name, version, description })
  for (const [endpoint, { subject, handle }] of Object.entries(service.endpoints)) {
    added.addEndpoint(endpoint, {
      subject,
      handler: (error, message) => {
        if (error) return link.report(error)
        answer(handle, message).catch((defect) => {
          link.report(defect)
          message.respondError(500, 'internal', encoded(null))
        })
      },
    })
  }
  // Served means that a request sent from now on is answered, whoever sends it.
  if (link.live()) await connection.flush()
  return added
}

async function answer(handle: RequestHandler, message: ServiceMsg): Promise<void> {
  const headers: Record<string, string> = {}
  for (const name of message.headers?.keys() ?? [])
    headers[name.toLowerCase()] = message.headers?.get(name) ?? ''
  let body: unknown
  try {
    body = bodyOf(message)
  } catch {
    message.respondError(400, 'invalid_json', encoded(null))
    return
  }
  const reply = await handle(body, headers)
  if (reply.ok) message.respond(encoded(reply.body))
  else message.respondError(reply.status, reply.code, encoded(reply.body))
}

const encoded = (body: unknown) => new TextEncoder().encode(JSON.stringify(body ?? null))

function bodyOf(message: Msg): unknown {
  return message.data.length === 0 ? null : message.json()
}
