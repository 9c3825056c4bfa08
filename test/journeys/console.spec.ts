import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessibilityProblems, findChromium, openChromium } from '@evergrant/browser-testing/testing'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { googleAccount } from '../story/google-account.ts'
import { type RunningStack, startStack } from '../story/running-stack.ts'

const executablePath = findChromium()
const hostile = `Family <img src=x onerror="document.title='ran'">`
const patience = { timeout: 30_000 }

describe.skipIf(executablePath === undefined)('the console in a real browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-console-'))
  let stack: RunningStack
  let chromium: Awaited<ReturnType<typeof openChromium>>
  let page: Awaited<ReturnType<typeof chromium.newPage>>
  let complaints: string[]
  let asked: string[]

  beforeAll(async () => {
    stack = await startStack(join(folder, 'data'))
    chromium = await openChromium(executablePath ?? '')
  })
  afterAll(async () => {
    await chromium?.close()
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    page = await chromium.newPage({ viewport: { width: 390, height: 800 } })
    complaints = []
    asked = []
    page.on('console', (message) => {
      // A status that is part of the test, and the icon every origin is asked for, are no complaints of the page.
      if (!/favicon|Failed to load resource/.test(message.location().url + message.text()))
        complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => asked.push(request.url()))
  })
  afterEach(() => page.context().close())

  async function signIn(token: string): Promise<void> {
    await page.goto(`${stack.endpoints().gateway}/`)
    await page.getByRole('link', { name: 'Open the console' }).click()
    await page.getByLabel('Access token (JWT)').fill(`${token}\n`)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  async function consentAtGoogle(email: string): Promise<void> {
    await page.waitForURL(/\/o\/oauth2\//)
    await page.fill('input[name=typed_email]', email)
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.waitForURL(/\/console$/)
  }

  const answer = () => page.locator('#answer-content').textContent()

  /** Structure and contrast in both schemes, nothing cut off on a phone, nothing blocked. */
  async function expectReadable(): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await accessibilityProblems(page), colorScheme).toEqual([])
    }
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(complaints).toEqual([])
  }

  async function emulator(path: string, body: object): Promise<void> {
    const response = await fetch(`${new URL(stack.endpoints().google.issuer).origin}/emulator${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(response.ok).toBe(true)
  }

  async function alter(sql: string): Promise<void> {
    const { adminUrl, databases } = stack.endpoints().postgres
    const url = new URL(adminUrl)
    url.pathname = new URL(databases['token-service'] ?? '').pathname
    const client = new Client({ connectionString: url.href })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }

  it('leads from nothing to a synced calendar, tells why it stopped, and back', async () => {
    const email = 'console@example.com'
    await googleAccount(stack, email)
    await emulator('/calendars', { email, summary: hostile })
    const token = await stack.token('console-user')

    await page.goto(`${stack.endpoints().gateway}/console`)
    await expectReadable()
    await signIn(token)
    await expect.poll(answer, patience).toContain('No calendar is connected yet.')
    await expectReadable()

    await page.getByRole('button', { name: 'Connect Google Calendar' }).first().click()
    await consentAtGoogle(email)
    await expect.poll(answer, patience).toContain('It did not stop: all 3 calendars are up to date.')
    // Text of strangers stays text.
    expect(await page.getByRole('heading', { name: hostile }).count()).toBe(1)
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.title()).toBe('Up to date – Evergrant')

    await page.getByRole('button', { name: 'Sync now' }).click()
    await expect.poll(() => page.locator('#sync-progress').textContent(), patience).toMatch(/^Synced: /)
    await page.getByText('History').click()
    await expect
      .poll(() => page.locator('.history').textContent(), patience)
      .toContain('The user granted access.')
    await expectReadable()

    await emulator('/grants/revoke', { email })
    await page.getByRole('button', { name: 'Renew access: Google Calendar' }).click()
    await expect
      .poll(answer, patience)
      .toContain(`Your calendar (${email}) stopped because its access was withdrawn at Google.`)
    await expectReadable()

    await page.getByRole('button', { name: 'Connect again: Google Calendar' }).click()
    await consentAtGoogle(email)
    await expect.poll(answer, patience).toContain('It did not stop')

    // Disconnecting, by keyboard: asked first, taken back with Escape, done once, and undone by a new consent.
    const deletions: string[] = []
    page.on('request', (request) => request.method() === 'DELETE' && deletions.push(request.url()))
    const focused = () => page.evaluate('document.activeElement.textContent')
    await page.getByRole('button', { name: 'Disconnect: Google Calendar' }).press('Enter')
    expect(await focused()).toBe('Keep it')
    expect(await page.getByRole('group', { name: /^Disconnect/ }).textContent()).toContain(
      'the tokens kept here are destroyed',
    )
    await expectReadable()
    await page.keyboard.press('Escape')
    expect(await focused()).toBe('Disconnect')
    expect(deletions).toEqual([])
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Yes, disconnect' }).dblclick()
    await expect
      .poll(answer, patience)
      .toContain(`Your calendar (${email}) stopped because you disconnected it.`)
    expect(deletions).toHaveLength(1)
    await expectReadable()
    await page.getByRole('button', { name: 'Connect again: Google Calendar' }).click()
    await consentAtGoogle(email)
    await expect.poll(answer, patience).toContain('It did not stop')
    expect(asked.filter((url) => url.includes(token))).toEqual([])
  })

  it('shows what is there when one API is away, with the number support asks for', async () => {
    await page.route('**/v1/calendar/calendars*', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          title: 'Service unavailable',
          status: 503,
          detail: 'Away.',
          code: 'x',
          requestId: 'r-17',
        }),
      }),
    )
    await signIn(await stack.token('console-user'))
    await expect.poll(() => page.locator('#calendars').textContent(), patience).toContain('r-17')
    // The made-up answer is there at once, the real ones of the others come after it.
    const connections = page.getByRole('heading', { name: 'Google Calendar' })
    await expect.poll(() => connections.count(), patience).toBeGreaterThan(0)
    await expectReadable()
  })

  it('forgets the token on sign-out, and keeps it over a reload until then', async () => {
    await signIn(await stack.token('console-user'))
    await page.reload()
    await page.getByRole('button', { name: 'Sign out' }).click()
    expect(await page.evaluate('JSON.stringify([sessionStorage, localStorage, document.cookie])')).toBe(
      '[{},{},""]',
    )
    await page.reload()
    expect(await page.getByLabel('Access token (JWT)').isVisible()).toBe(true)
  })

  it('says that a token has expired, and asks for another', async () => {
    await signIn(`e30.${Buffer.from('{"sub":"late","exp":1}').toString('base64url')}.c2ln`)
    await expect.poll(() => page.getByRole('alert').textContent(), patience).toContain('has expired')
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
    await expectReadable()
  })

  it('shows the schemas to an administrator, and to nobody else', async () => {
    await signIn(await stack.token('console-admin', 'admin'))
    await expect.poll(() => page.locator('#schema').textContent(), patience).toContain('token-service')
    await expectReadable()
    await page.getByRole('button', { name: 'Sign out' }).click()
    asked = []
    await signIn(await stack.token('console-user'))
    await expect.poll(answer, patience).toContain('It did not stop')
    expect(await page.locator('#schema-section').isVisible()).toBe(false)
    expect(asked.filter((url) => url.endsWith('/v1/schema'))).toEqual([])
  })

  it('tells an administrator which column is gone, what that takes away, and a statement that brings it back', async () => {
    // A column dropped by hand, as in the outage this project began with.
    await signIn(await stack.token('console-admin', 'admin'))
    await expect.poll(() => page.locator('#schema').textContent(), patience).toContain('token-service')
    const lookAgain = () => page.getByRole('button', { name: 'Look again' }).click()
    const schema = async () => {
      await lookAgain()
      return page.locator('#schema article').first().textContent()
    }
    await alter('alter table user_oauth_tokens drop column scope')
    await expect.poll(schema, patience).toContain('user_oauth_tokens.scope')
    const told = await schema()
    expect(told).toContain('Reading fails')
    expect(told).toContain('Connecting an account (token.connect) does not work')
    // What drift has taken away is not offered, and says so, for as long as it lasts.
    const connect = () =>
      page
        .locator('#connections')
        .getByRole('button', { name: 'Connect Google Calendar' })
        .getAttribute('aria-disabled')
    await expect.poll(connect, patience).toBe('true')
    expect(await page.locator('#connections').textContent()).toContain(
      'No account can be connected right now',
    )
    await expectReadable()
    await alter((await page.locator('#schema pre').first().textContent()) ?? '')
    await expect.poll(schema, patience).toContain('As expected')
    await expect.poll(() => page.locator('#schema .finding').count(), patience).toBe(0)
    await expect.poll(() => lookAgain().then(connect), patience).toBe(null)
  })

  it('begins no consent by itself when a link sent somebody here', async () => {
    await page.goto(`${stack.endpoints().gateway}/?connect=calendar&connection=x`)
    await page.getByLabel('Access token (JWT)').fill(await stack.token('console-other'))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect.poll(answer, patience).toContain('No calendar is connected yet.')
    expect(asked.filter((url) => url.includes('/v1/authorizations'))).toEqual([])
    await page.getByRole('button', { name: 'Continue to Google' }).click()
    await page.waitForURL(/\/o\/oauth2\//)
  })
})
