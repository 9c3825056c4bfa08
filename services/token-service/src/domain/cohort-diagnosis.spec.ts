import { describe, expect, it } from 'vitest'
import type { LivingGrant, Trouble } from './cohort.ts'
import { causeInWords } from './cohort-advice.ts'
import { diagnoseCohorts } from './cohort-diagnosis.ts'

const hour = 3_600_000
const day = 24 * hour
const start = Date.UTC(2026, 9, 1)
const at = (ms: number) => new Date(start + ms).toISOString()
const client = 'https://accounts.google.com'

let serial = 0
function trouble(change: Partial<Trouble> = {}): Trouble {
  serial += 1
  return {
    grantId: `grant-${serial}`,
    connectionIds: [`connection-${serial}`],
    reason: 'revoked_at_google',
    began: at(30 * day),
    client,
    accountId: `account-${serial}`,
    domain: null,
    withGmail: false,
    tokenSince: at(0),
    survivorsWithoutGmail: 0,
    ...change,
  }
}
function living(change: Partial<LivingGrant> = {}): LivingGrant {
  return {
    client,
    domain: null,
    withGmail: false,
    tokenSince: at(0),
    lastRefreshedAt: at(31 * day),
    ...change,
  }
}
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))
const diagnose = (troubles: readonly Trouble[], alive: readonly LivingGrant[] = []) =>
  diagnoseCohorts({ troubles, living: alive }).map(({ reason, confidence, members }) => ({
    reason,
    confidence,
    count: members.length,
  }))
/** People who take back their access, one here and one there. */
const everyday = many(20, (index) => trouble({ began: at(20 * day + index * 13 * hour) }))

describe('what many grants died of', () => {
  it('is nothing in common when people leave one by one', () => {
    expect(
      diagnose(
        everyday,
        many(500, () => living()),
      ),
    ).toEqual([])
    // Nor when the newest is told first, and they are colleagues.
    const colleagues = everyday.map((grant) => ({ ...grant, domain: 'example.com' })).toReversed()
    const elsewhere = many(500, () => living())
    expect(diagnose(colleagues, elsewhere)).toEqual([])
  })

  it('is testing mode when they died on the seventh day of different weeks', () => {
    const dead = many(4, (index) => {
      const consented = index * 2 * day
      return trouble({
        reason: index === 0 ? 'revoked_at_google' : 'consent_expired_testing_mode',
        tokenSince: at(consented),
        began: at(consented + 7 * day + hour),
      })
    })
    expect(diagnose(dead)).toEqual([
      { reason: 'consent_expired_testing_mode', confidence: 'likely', count: 4 },
    ])
    // Older consents may be from before the application went back to testing.
    expect(diagnose(dead, [living({ tokenSince: at(-90 * day) })])).toMatchObject([
      { confidence: 'possible' },
    ])
  })

  it('is not testing mode while a later consent lives longer than that', () => {
    const dead = many(4, (index) =>
      trouble({ tokenSince: at(index * day), began: at(index * day + 7 * day + hour) }),
    )
    expect(diagnose(dead, [living({ tokenSince: at(2 * day) })])).toEqual([])
  })

  it('is what Google says when Google says it: our client, a domain, a session rule', () => {
    const domain = 'example.com'
    expect(
      diagnose([
        trouble({ reason: 'client_misconfigured' }),
        ...many(2, () => trouble({ reason: 'admin_policy', domain })),
        ...many(3, () => trouble({ reason: 'session_control', domain })),
      ]),
    ).toEqual([
      { reason: 'client_misconfigured', confidence: 'certain', count: 1 },
      { reason: 'admin_policy', confidence: 'certain', count: 2 },
      { reason: 'session_control', confidence: 'certain', count: 3 },
    ])
    expect(diagnose([trouble({ reason: 'admin_policy', domain })])).toEqual([])
  })

  it('is a password when the Gmail grants of one account die within the hour and the others live', () => {
    const one = { accountId: 'shared', withGmail: true, survivorsWithoutGmail: 1 }
    const dead = many(3, (index) => trouble({ ...one, began: at(30 * day + index * (hour / 3)) }))
    expect(
      diagnose(
        [...everyday, ...dead],
        many(500, () => living()),
      ),
    ).toEqual([{ reason: 'password_changed', confidence: 'likely', count: 3 }])
    expect(diagnose(dead.map((grant) => ({ ...grant, survivorsWithoutGmail: 0 })))).toEqual([])
    const apart = many(3, (index) => trouble({ ...one, began: at(30 * day + index * 5 * hour) }))
    expect(diagnose(apart)).toEqual([])
  })

  it('is only possibly passwords when the accounts have nothing but Gmail in common', () => {
    const dead = many(6, (index) => trouble({ withGmail: true, began: at(30 * day + index * 60_000) }))
    expect(
      diagnose(
        dead,
        many(50, () => living()),
      ),
    ).toEqual([{ reason: 'password_changed', confidence: 'possible', count: 6 }])
    const withOneMore = [...dead, trouble({ began: at(30 * day + 30_000) })]
    expect(
      diagnose(
        withOneMore,
        many(50, () => living()),
      ),
    ).toEqual([])
  })

  it('is the client when hardly a grant of it lives on', () => {
    const dead = many(40, (index) =>
      trouble({ began: at(30 * day + index * 60_000), domain: index % 2 === 0 ? 'example.com' : null }),
    )
    const ofAnother = many(500, () => living({ client: 'https://other.example' }))
    expect(diagnose(dead, [...ofAnother, living()])).toEqual([
      { reason: 'client_changed', confidence: 'likely', count: 40 },
    ])
    // Whoever consented after it proves nothing about it.
    const later = many(500, () => living({ tokenSince: at(30 * day + 5 * hour) }))
    expect(diagnose(dead, later)).toMatchObject([{ reason: 'client_changed' }])
  })

  it('is the administrator when one domain dies at once, and its surviving colleagues say otherwise', () => {
    const dead = many(5, (index) => trouble({ domain: 'example.com', began: at(30 * day + index * 60_000) }))
    const elsewhere = many(300, () => living())
    expect(diagnose([...everyday, ...dead], elsewhere)).toEqual([
      { reason: 'admin_policy', confidence: 'likely', count: 5 },
    ])
    const colleague = living({ domain: 'example.com' })
    expect(diagnose(dead, [...elsewhere, colleague])).toMatchObject([{ confidence: 'possible' }])
    expect(diagnose(dead, [...elsewhere, ...many(10, () => colleague)])).toEqual([])
  })

  it('is the limit of one account, told apart from others', () => {
    const one = { reason: 'refresh_token_limit', accountId: 'load-test' }
    expect(diagnose([trouble(one), trouble(one), trouble({ ...one, accountId: 'other' })])).toEqual([
      { reason: 'refresh_token_limit', confidence: 'likely', count: 2 },
      { reason: 'refresh_token_limit', confidence: 'likely', count: 1 },
    ])
  })

  it('finds two waves as two', () => {
    const wave = (from: number) =>
      many(4, (index) => trouble({ domain: 'example.com', began: at(from + index * 60_000) }))
    expect(
      diagnose(
        [...wave(20 * day), ...wave(30 * day)],
        many(9, () => living()),
      ),
    ).toHaveLength(2)
  })

  it('counts every grant once, in whatever order they come', () => {
    const dead = [
      ...many(5, (index) => trouble({ domain: 'example.com', began: at(30 * day + index * 60_000) })),
      ...many(3, () => trouble({ reason: 'consent_expired_testing_mode', domain: 'example.com' })),
      ...everyday,
    ]
    const alive = many(300, () => living({ tokenSince: at(-day) }))
    const found = diagnose(dead, alive)
    expect(found.map(({ count }) => count)).toEqual([3, 5])
    expect(diagnose(dead.toReversed(), alive)).toEqual(found)
  })
})

describe('the words of a cohort', () => {
  it('claim no more than is known', () => {
    expect(causeInWords('admin_policy', 'certain')).toMatch(/^Google says: /)
    expect(causeInWords('admin_policy', 'likely')).toMatch(/^Most likely: /)
    expect(causeInWords('password_changed', 'possible')).toMatch(/^Possibly: /)
  })
})
