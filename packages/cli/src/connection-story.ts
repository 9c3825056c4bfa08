/** The parts of a history entry (CONTRACT 3) that tell a story. */
export interface Entry {
  readonly at: string
  readonly type: string
  readonly by: { readonly kind: string; readonly id?: string }
  readonly summary: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly eventId?: string
  readonly traceId?: string
}

/** After one of these the connection works. */
const good = new Set(['TokensReceived', 'GrantRefreshed'])

/** From when it last worked to how it is now, oldest first. Attempts that failed alike are told once, with their number.
 * `newestFirst` are the facts of a connection. */
export function causeChain(newestFirst: readonly Entry[]): Entry[] {
  const lastGood = newestFirst.findIndex(({ type }) => good.has(type))
  const since = lastGood === -1 ? newestFirst : newestFirst.slice(0, lastGood + 1)
  const before = lastGood === -1 ? [] : newestFirst.slice(lastGood + 1)
  const works = newestFirst[lastGood]
  const led = works?.type === 'GrantRefreshed' ? leadingTo(before) : []
  return told([...since, ...led].reverse())
}

/** What a refresh grew from: its announcement, and the consent it lives by. */
function leadingTo(before: readonly Entry[]): Entry[] {
  const started = before.find(({ type }) => type === 'RefreshStarted')
  const consent = before.find(({ type }) => type === 'TokensReceived')
  return [...(started ? [started] : []), ...(consent ? [consent] : [])]
}

function told(oldestFirst: readonly Entry[]): Entry[] {
  const chain: (Entry & { times?: number })[] = []
  for (const entry of oldestFirst) {
    const same = chain.find(
      (earlier) => entry.type === 'RefreshFailed' && failureOf(earlier) === failureOf(entry),
    )
    if (same) {
      chain.splice(chain.indexOf(same), 1)
      chain.push({ ...entry, times: (same.times ?? 1) + 1 })
    } else if (entry.type === 'RefreshStarted' && chain.some(({ type }) => type === 'RefreshFailed')) {
      // The announcement of another attempt says nothing that its failure does not.
    } else chain.push(entry)
  }
  return chain.map(({ times, ...entry }) =>
    times === undefined
      ? entry
      : { ...entry, summary: `${entry.summary} It was attempt ${times} to end so.` },
  )
}

function failureOf({ type, detail }: Entry): string {
  return JSON.stringify([type, detail.failureClass, detail.evidence])
}

/** One line: when, what, by whom, and what Google said. */
export function lineOf({ at, summary, by, detail, eventId, traceId }: Entry): string {
  const who = `by ${by.kind}${by.id === undefined ? '' : ` ${by.id}`}`
  const because = eventId === undefined ? [] : [`caused by ${eventId}`]
  const trace = traceId === undefined ? [] : [`trace ${traceId}`]
  return `${at}  ${summary}${evidenceOf(detail)}  (${[who, ...because, ...trace].join(', ')})`
}

function evidenceOf(detail: Entry['detail']): string {
  const { evidence } = detail
  if (typeof evidence !== 'object' || evidence === null) return ''
  const { httpStatus, error, errorSubtype } = evidence as Readonly<Record<string, unknown>>
  const words = [httpStatus === null ? 'no answer' : `HTTP ${httpStatus}`, error, errorSubtype]
  return ` Google said: ${words.filter((word) => word !== null && word !== undefined).join(' ')}.`
}
