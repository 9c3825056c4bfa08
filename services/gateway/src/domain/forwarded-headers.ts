export type HeaderValues = Readonly<Record<string, string | string[] | undefined>>

/** RFC 9110, 7.6.1: they belong to one connection, not to the message. */
const hopByHop = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What only the edge may say. A client that sends these is trying to be someone or somewhere else. */
const saidByTheEdge = /^(x-user-|x-tenant-|x-forwarded-|forwarded$|x-real-ip$|x-original-|x-rewrite-)/

/** Without hop-by-hop headers and those that `Connection` names. */
export function endToEndHeaders(headers: HeaderValues): Record<string, string | string[]> {
  const named = [headers.connection ?? []].flat().flatMap((line) => line.toLowerCase().split(/\s*,\s*/))
  const dropped = new Set([...hopByHop, ...named])
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || dropped.has(name.toLowerCase()) ? [] : [[name.toLowerCase(), value]],
    ),
  )
}

export interface Edge {
  /** Address of whoever connected to the gateway. */
  readonly clientAddress: string
  /** The gateway as browsers see it. */
  readonly publicUrl: string
  readonly requestId: string
  readonly traceparent: string
}

/** The headers a service gets: the client's own, plus what the edge knows. The length is set anew from the body. */
export function headersForService(headers: HeaderValues, edge: Edge): Record<string, string | string[]> {
  const publicUrl = new URL(edge.publicUrl)
  const kept = Object.entries(endToEndHeaders(headers)).filter(
    ([name]) => !saidByTheEdge.test(name) && name !== 'host' && name !== 'content-length',
  )
  return {
    ...Object.fromEntries(kept),
    'x-forwarded-for': edge.clientAddress,
    'x-forwarded-host': publicUrl.host,
    'x-forwarded-proto': publicUrl.protocol.slice(0, -1),
    'x-request-id': edge.requestId,
    traceparent: edge.traceparent,
  }
}
