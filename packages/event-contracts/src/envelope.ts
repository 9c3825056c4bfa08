import { contractErrors } from './errors.ts'

/** CloudEvents 1.0 in binary content mode: attributes are `ce-*` headers, the payload is the JSON data. */
export interface EventMessage {
  readonly subject: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Uint8Array
}

/** (source, stream id, version): dense per stream, so a duplicate, a gap and the order are decidable anywhere, forever. */
export interface EventIdentity {
  readonly source: string
  readonly streamId: string
  /** 1 for the first publication of a stream. Counts publications, not private facts. */
  readonly version: number
}

export interface EventAttributes extends EventIdentity {
  readonly type: string
  /** RFC 3339 UTC. */
  readonly time: string
  readonly correlationId?: string
  readonly causationId?: string
  readonly traceparent?: string
}

/** `ce-id`: `<stream id>@<version>`. */
export function eventId(identity: Pick<EventIdentity, 'streamId' | 'version'>): string {
  return `${identity.streamId}@${identity.version}`
}

/** `Nats-Msg-Id`; a deliberate republication carries `~r<n>`, or the server's duplicate window would swallow the repair. */
export function messageId(identity: EventIdentity, repair = 0): string {
  const id = `${identity.source}/${eventId(identity)}`
  return repair === 0 ? id : `${id}~r${repair}`
}

/** @throws DomainError `malformed_event` when the headers are not a CloudEvent with a stream position. */
export function attributesOf(message: EventMessage): EventAttributes {
  const { headers } = message
  const position = /^(?<streamId>.+)@(?<version>[1-9][0-9]{0,15})$/.exec(headers['ce-id'] ?? '')?.groups
  const source = headers['ce-source']
  const type = headers['ce-type']
  const time = headers['ce-time']
  if (headers['ce-specversion'] !== '1.0' || !position || !source || !type || !time) {
    throw contractErrors.malformed_event({ detail: { subject: message.subject, headers } })
  }
  return {
    source,
    type,
    time,
    streamId: position.streamId as string,
    version: Number(position.version),
    ...(headers['ce-correlationid'] ? { correlationId: headers['ce-correlationid'] } : {}),
    ...(headers['ce-causationid'] ? { causationId: headers['ce-causationid'] } : {}),
    ...(headers.traceparent ? { traceparent: headers.traceparent } : {}),
  }
}

/** The headers of a public event, in the one form everyone reads. */
export function headersOf(attributes: EventAttributes): Record<string, string> {
  return {
    'ce-specversion': '1.0',
    'ce-id': eventId(attributes),
    'ce-source': attributes.source,
    'ce-type': attributes.type,
    'ce-time': attributes.time,
    'ce-subject': attributes.streamId,
    'content-type': 'application/json',
    ...(attributes.correlationId ? { 'ce-correlationid': attributes.correlationId } : {}),
    ...(attributes.causationId ? { 'ce-causationid': attributes.causationId } : {}),
    ...(attributes.traceparent ? { traceparent: attributes.traceparent } : {}),
  }
}
