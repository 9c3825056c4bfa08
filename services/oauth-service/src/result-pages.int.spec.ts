import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { accessibilityProblems, findChromium, openChromium } from '@evergrant/browser-testing/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from './test-kit/free-port.ts'
import { useOauthService } from './testing.ts'

const executablePath = findChromium()

describe.skipIf(executablePath === undefined)('in a real browser', () => {
  const on = useOauthService()
  let chromium: Browser
  let page: Page
  let publicUrl: string
  let complaints: string[]
  let people = 0

  beforeAll(async () => {
    const port = await freePort()
    publicUrl = `http://127.0.0.1:${port}`
    await on.start({ PORT: port, PUBLIC_URL: publicUrl })
    chromium = await openChromium(executablePath ?? '')
  })
  afterAll(() => chromium?.close())
  beforeEach(async () => {
    page = await chromium.newPage({ viewport: { width: 320, height: 640 } })
    complaints = []
    // A browser asks every origin for an icon by itself, Google's stand-in as well.
    page.on('console', (message) => {
      if (!message.location().url.endsWith('/favicon.ico')) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
  })
  afterEach(() => page.context().close())

  async function open(body: object = { services: ['calendar', 'gmail'] }): Promise<string> {
    const response = await fetch(`${publicUrl}/v1/authorizations`, {
      method: 'POST',
      headers: { authorization: await on.issuer.bearer('alice'), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return ((await response.json()) as { authorizationUrl: string }).authorizationUrl
  }

  /** Chooses an account nobody used, unticks, and presses a button of Google's page. */
  async function answer(button: 'Allow' | 'Deny', untick: readonly RegExp[] = []): Promise<void> {
    people += 1
    await page.fill('input[name=typed_email]', `visitor-${people}@example.com`)
    for (const label of untick) await page.getByRole('checkbox', { name: label }).uncheck()
    await page.getByRole('button', { name: button }).click()
  }

  /** Readable by everyone: structure, contrast in both schemes, nothing cut off on a narrow screen, nothing blocked. */
  async function expectReadable(heading: string): Promise<void> {
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(heading)
    expect(await page.title()).toBe(heading)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await accessibilityProblems(page), colorScheme).toEqual([])
    }
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(complaints).toEqual([])
  }

  it('a partial consent is shown as such, and one key press leads to the rest', async () => {
    await page.goto(await open())
    await answer('Allow', [/mail/i])
    await expectReadable('Partly connected')
    expect(await page.getByText('Not ticked, so not connected: Gmail.').isVisible()).toBe(true)

    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Add Gmail')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Allow' }).click()
    await expectReadable('Connected')
    expect(await page.getByRole('link').count()).toBe(0)
  })

  it('a no is taken as a no, with a way back', async () => {
    await page.goto(await open())
    await answer('Deny')
    await expectReadable('Not connected')
    await page.getByRole('link', { name: 'Try again' }).click()
    await answer('Allow')
    await expectReadable('Connected')
  })

  it('nothing ticked is not called connected', async () => {
    await page.goto(await open())
    await answer('Allow', [/calendar/i, /mail/i])
    await expectReadable('Nothing connected')
  })

  it('a link that was used before says so', async () => {
    const link = await open()
    await page.goto(link)
    const again = await page.goto(link)
    expect(again?.status()).toBe(409)
    // Chromium reports every page with such a status in its console.
    complaints = complaints.filter((text) => !/status of 409/.test(text))
    await expectReadable('This did not work')
  })

  it('no script can read the cookie, and none runs', async () => {
    await page.goto(await open())
    await answer('Allow')
    expect(await page.evaluate('document.cookie')).toBe('')
    const cookies = await page.context().cookies(publicUrl)
    expect(cookies).toEqual([expect.objectContaining({ httpOnly: true, sameSite: 'Lax' })])
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { text: 'top.ran = 1' }))`,
    )
    expect(await page.evaluate('top.ran')).toBeUndefined()
    expect(complaints.join()).toContain('Content Security Policy')
  })

  it('no other site can frame a page of ours (clickjacking)', async () => {
    await page.goto(await open())
    await answer('Deny')
    const ours = page.url()
    const other = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(`<!doctype html><title>other</title><iframe src="${ours}"></iframe>`)
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()))
    await page.goto(`http://localhost:${(other.address() as AddressInfo).port}`)
    const frame = page.frames()[1]
    await expect.poll(() => frame?.url()).toMatch(/^chrome-error:/)
    other.close()
    other.closeAllConnections()
  })
})
