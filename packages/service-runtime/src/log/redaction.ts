import { DomainError } from '@evergrant/decider'

const redacted = '[redacted]'
const maxDepth = 6

/** Field names that may hold a secret, whatever their spelling. */
const secretName =
  /token|secret|password|passwd|authorization|cookie|verifier|credential|assertion|ticket|api.?key|private|sealed|ciphertext|^(code|state|nonce|jwe|jwt|key|dek|kek|headers|body)$/i
/** Names that look secret and are not; everything else that looks secret is hidden. */
const harmlessName =
  /^(tokenType|tokenExpiry|token_expiry|tokenQuerySuccess|keyId|token\.[a-z.]+|tokens:read|statusCode|errorCode)$/

/** Values that are secrets whatever they are called: JWTs, Google tokens, URL credentials, callback parameters. */
const secretValues: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]{8,}(?:\.[\w-]*){1,4}/g, redacted],
  [/ya29\.[\w.-]+/g, redacted],
  [/\b[14]\/\/?0[\w-]{10,}/g, redacted],
  [/GOCSPX-[\w-]+/g, redacted],
  [/\b(Bearer|Basic)\s+[^\s"\\,]+/gi, `$1 ${redacted}`],
  [/(:\/\/[^:/@\s"]+):[^@\s"/]+@/g, `$1:${redacted}@`],
  [
    /([?&](?:code|state|ticket|nonce|access_token|refresh_token|id_token|code_verifier|client_secret|token)=)[^&\s"\\#]+/gi,
    `$1${redacted}`,
  ],
]

/** Hides secrets inside any text, e.g. a finished log line or a foreign error's message. */
export function redactText(text: string): string {
  return secretValues.reduce((masked, [pattern, mask]) => masked.replace(pattern, mask), text)
}

/** A copy that is safe to log: secret-looking fields hidden, errors reduced to what helps. */
export function redactFields(value: unknown, depth = 0): unknown {
  if (value instanceof Error) return describeError(value, depth)
  if (value instanceof Date) return value
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`
  if (typeof value !== 'object' || value === null) return value
  if (depth >= maxDepth) return '[deeper]'
  if (Array.isArray(value)) return value.map((item) => redactFields(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      soundsSecret(name) && !isPlainFlag(field) ? redacted : redactFields(field, depth + 1),
    ]),
  )
}

/** Names come from code and repeat with every line; the few that come with foreign data must not fill the memory. */
const soundsSecretByName = new Map<string, boolean>()
const namesKept = 2_000

function soundsSecret(name: string): boolean {
  const known = soundsSecretByName.get(name)
  if (known !== undefined) return known
  const sounds = secretName.test(name) && !harmlessName.test(name)
  if (soundsSecretByName.size < namesKept) soundsSecretByName.set(name, sounds)
  return sounds
}

/** Counts, flags and absences say nothing secret. */
function isPlainFlag(value: unknown): boolean {
  return value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number'
}

/** Allow-list: foreign errors carry requests, headers and responses as properties; none of those is copied. */
function describeError(error: Error, depth: number): Record<string, unknown> {
  const known: Record<string, unknown> = { type: error.name, message: error.message }
  if (error instanceof DomainError) {
    known.kind = error.kind
    known.code = error.code
    if (error.context.detail !== undefined) known.detail = redactFields(error.context.detail, depth + 1)
  } else if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number')) {
    known.code = error.code
  }
  if (!(error instanceof DomainError) || error.kind === 'internal') known.stack = error.stack
  if (error.cause !== undefined && depth < maxDepth) known.cause = redactFields(error.cause, depth + 1)
  if (error instanceof AggregateError && depth < maxDepth) {
    known.errors = error.errors.map((each) => redactFields(each, depth + 1))
  }
  return known
}
