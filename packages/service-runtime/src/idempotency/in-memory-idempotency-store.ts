import {
  answerLifetimeMs,
  type Claim,
  claimLifetimeMs,
  type IdempotencyStore,
  type IdempotentRequest,
  type StoredAnswer,
} from './idempotency-store.ts'

interface Entry {
  readonly fingerprint: string
  readonly expiresAt: number
  readonly answer?: StoredAnswer
}

/** For tests of one process. */
export function createInMemoryIdempotencyStore(): IdempotencyStore {
  const entries = new Map<string, Entry>()
  const idOf = ({ scope, key }: IdempotentRequest) => JSON.stringify([scope, key])
  const stillOurs = (request: IdempotentRequest) => {
    const entry = entries.get(idOf(request))
    const { fingerprint, now } = request
    return (
      entry?.fingerprint === fingerprint &&
      entry.expiresAt === now.getTime() + claimLifetimeMs &&
      !entry.answer
    )
  }
  return {
    claim: async (request): Promise<Claim> => {
      const now = request.now.getTime()
      const entry = entries.get(idOf(request))
      if (entry && entry.expiresAt > now) {
        if (entry.fingerprint !== request.fingerprint) return { status: 'other_request' }
        return entry.answer ? { status: 'answered', answer: entry.answer } : { status: 'in_flight' }
      }
      entries.set(idOf(request), { fingerprint: request.fingerprint, expiresAt: now + claimLifetimeMs })
      return { status: 'claimed' }
    },
    finish: async (request, answer) => {
      if (!stillOurs(request)) return
      const expiresAt = request.now.getTime() + answerLifetimeMs
      entries.set(idOf(request), { fingerprint: request.fingerprint, expiresAt, answer })
    },
    release: async (request) => {
      if (stillOurs(request)) entries.delete(idOf(request))
    },
  }
}
