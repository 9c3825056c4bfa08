import { createHash } from 'node:crypto'
import { contracts } from '@evergrant/event-contracts'
import { compactDecrypt } from 'jose'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { consentDriver } from './test-kit/consent-driver.ts'
import { useOauthService } from './testing.ts'

const on = useOauthService()
const { browser, eventOf, opened, somebody } = consentDriver(on)

describe('after a consent', () => {
  it('no token, code, state, nonce, ticket or cookie is in the database, on the bus or in a log line', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser()
    const begin = await visitor.open(authorizationUrl)
    const question = new URL(begin.location ?? '').searchParams
    const visitorAgain = browser()
    for (const [name, value] of visitor.cookies) visitorAgain.cookies.set(name, value)
    const redirect = await visitor.answerGoogle(begin.location ?? '', { email })
    // Answers that are refused must keep their secrets as well as the one that works.
    await browser().open(redirect)
    await visitor.open(redirect)
    await visitorAgain.open(redirect)

    const event = contracts.tokenIssued.schema.parse(await eventOf(contracts.tokenIssued.subject, id))
    const { plaintext } = await compactDecrypt(event.sealedTokens, on.sealingPrivateKey)
    const tokens = JSON.parse(new TextDecoder().decode(plaintext)) as Record<string, string>
    const secrets = {
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken,
      code: new URL(redirect).searchParams.get('code'),
      state: question.get('state'),
      nonce: question.get('nonce'),
      ticket: new URL(authorizationUrl).searchParams.get('ticket'),
      cookie: visitor.cookies.get('evergrant-authorization'),
      clientSecret: on.google.client.clientSecret,
    }
    const places = {
      database: await everythingIn(on.database.url),
      bus: JSON.stringify(event),
      log: on.logLines.join('\n'),
    }
    const challenge = question.get('code_challenge') ?? ''
    for (const text of Object.values(places)) expect(verifierOf(challenge, text)).toBeUndefined()
    expect(places.log.length).toBeGreaterThan(0)
    expect(places.database).toContain(id)
    for (const [name, secret] of Object.entries(secrets)) {
      expect(secret, name).toMatch(/.{8,}/)
      for (const [place, text] of Object.entries(places)) {
        const found = formsOf(secret ?? '').some((form) => text.includes(form))
        expect(found, `${name} in the ${place}`).toBe(false)
      }
    }
  })
})

/** Any text that hashes to the challenge is the verifier (RFC 7636 4.2). */
function verifierOf(challenge: string, text: string): string | undefined {
  const candidates = text.match(/[\w-]{43}/g) ?? []
  return candidates.find(
    (candidate) => createHash('sha256').update(candidate).digest('base64url') === challenge,
  )
}

/** As it is, in a URL, and as PostgreSQL shows it inside a bytea. */
function formsOf(secret: string): string[] {
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex')]
}

async function everythingIn(url: string): Promise<string> {
  const client = new Client(url)
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema')`,
    )
    const texts: string[] = []
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`)
      texts.push(...rows.map(({ row }) => row))
    }
    return texts.join('\n')
  } finally {
    await client.end()
  }
}
