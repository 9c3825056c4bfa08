import { fingerprint } from '../fingerprint.ts'

/** One request as it may be shown: no token, code or secret in clear, only fingerprints. */
export interface LoggedRequest {
  readonly number: number
  readonly at: string
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Fields of an urlencoded body, redacted the same way. */
  readonly form: Readonly<Record<string, string>>
  readonly status: number
  /** Fingerprint of the bearer token. */
  readonly bearer: string | null
  /** Whether a fault of the script took part. */
  readonly faulted: boolean
}

export interface RequestLog {
  add(entry: Omit<LoggedRequest, 'number'>): void
  list(): readonly LoggedRequest[]
  clear(): void
}

/** Everything else is fingerprinted: a new parameter is hidden until somebody says that it may be read. */
const readable = new Set(
  `access_type alt client_id decision email eventTypes fields granted_scope grant_type iCalUID include_granted_scopes
  login_hint maxAttendees maxResults minAccessRole orderBy prettyPrint prompt q quotaUser redirect_uri response_type scope
  sendUpdates showDeleted showHidden showHiddenInvitations singleEvents timeMax timeMin timeZone typed_email updatedMin
  code_challenge_method conferenceDataVersion supportsAttachments alwaysIncludeEmail token_type_hint destination
  corpora driveId format historyTypes includeItemsFromAllDrives includeRemoved includeSpamTrash labelId labelIds
  metadataHeaders pageSize restrictToMyDrive spaces startHistoryId supportsAllDrives`.split(/\s+/),
)

/** Values of unknown parameters become fingerprints; repeated ones are joined. */
export function redacted(parameters: URLSearchParams): Record<string, string> {
  const names = [...new Set(parameters.keys())]
  const shown = (name: string) => (value: string) => (readable.has(name) ? value : fingerprint(value))
  return Object.fromEntries(names.map((name) => [name, parameters.getAll(name).map(shown(name)).join(' ')]))
}

/** The newest `limit` requests. */
export function createRequestLog(limit = 20_000): RequestLog {
  let entries: LoggedRequest[] = []
  let number = 0
  return {
    add(entry) {
      number += 1
      entries.push({ number, ...entry })
      if (entries.length > limit * 2) entries = entries.slice(-limit)
    },
    list: () => entries.slice(-limit),
    clear() {
      entries = []
    },
  }
}
