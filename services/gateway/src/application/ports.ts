export interface UpstreamRequest {
  readonly method: string
  /** Path and query as the client sent them. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Buffer | null
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
}

/** Flows as the service sends it. */
export interface AnswerBody extends NodeJS.ReadableStream {
  destroy(): unknown
}

export interface UpstreamAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: AnswerBody
}

/** Why there is no answer: `refused` means that the request certainly never arrived. */
export type NoAnswer = { readonly reached: 'refused' | 'perhaps'; readonly cause: unknown }

/** Sends one request to one replica. */
export type SendUpstream = (
  replicaUrl: string,
  request: UpstreamRequest,
) => Promise<UpstreamAnswer | NoAnswer>

/** What a replica says about itself at /health/ready; undefined when it does not answer. */
export type AskReadiness = (replicaUrl: string) => Promise<ReplicaReadiness | undefined>

export interface ReplicaReadiness {
  readonly ready: boolean
  readonly instanceId?: string
  readonly capabilities: readonly CapabilityLine[]
}

export interface CapabilityLine {
  readonly name: string
  readonly status: 'ok' | 'degraded' | 'unavailable'
  readonly reason?: string | undefined
  readonly description?: string | undefined
  readonly since: string
}
