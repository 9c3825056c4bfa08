import { accessibilityProblems, findChromium, openChromium } from '@evergrant/browser-testing/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { consoleStates } from './console-worlds.ts'
import {
  at,
  calendar,
  connection,
  type MadeUp,
  reconnect,
  startMadeUpConsole,
  sync,
} from './made-up-console.ts'

const executablePath = findChromium()
const patience = { timeout: 30_000 }

describe.skipIf(executablePath === undefined)('the console, whatever state it finds', () => {
  let made: Awaited<ReturnType<typeof startMadeUpConsole>>
  let chromium: Awaited<ReturnType<typeof openChromium>>
  let page: Awaited<ReturnType<typeof chromium.newPage>>
  let complaints: string[]

  beforeAll(async () => {
    made = await startMadeUpConsole()
    chromium = await openChromium(executablePath ?? '')
  })
  afterAll(async () => {
    await chromium?.close()
    await made?.stop()
  })
  beforeEach(async () => {
    page = await chromium.newPage({ viewport: { width: 390, height: 800 } })
    complaints = []
    page.on('console', (message) => {
      if (!/favicon|Failed to load resource/.test(message.location().url + message.text()))
        complaints.push(message.text())
    })
    // A screen reader reads what is added to a live region.
    await page.addInitScript(`window.heard = []; addEventListener('DOMContentLoaded', () => new MutationObserver((changes) =>
      heard.push(...changes.flatMap(({ addedNodes }) => [...addedNodes].map(({ textContent }) => textContent)))
    ).observe(document.getElementById('announcer'), { childList: true }))`)
    page.on('pageerror', (error) => complaints.push(error.message))
  })
  afterEach(() => page.context().close())

  const answer = () => page.locator('#answer-content').textContent()
  const heard = () => page.evaluate<string[]>('heard')
  const lookAgain = async () => {
    const read = page.waitForResponse('**/v1/google/health')
    await page.getByRole('button', { name: 'Look again' }).click()
    await read
  }

  it.each(consoleStates)(
    'says of it in the tab, in one answer and in five rows, and shows it readably: $name',
    async (state) => {
      await made.open(page, () => state.world(made.url))
      await expect.poll(answer, patience).toContain(state.answer)
      await expect.poll(() => page.title(), patience).toBe(`${state.title} – Evergrant`)
      const main = page.locator('main')
      for (const words of state.says) await expect.poll(() => main.textContent(), patience).toContain(words)
      const deed = page.getByRole('button', { name: state.withheld ?? 'Look again', exact: true })
      expect(await deed.getAttribute('aria-disabled')).toBe(state.withheld === undefined ? null : 'true')
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await accessibilityProblems(page), colorScheme).toEqual([])
      }
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      expect(complaints).toEqual([])
    },
  )

  it('reads a change aloud once, and a look that finds nothing new not at all', async () => {
    let world: MadeUp = {}
    await made.open(page, () => world)
    await expect.poll(heard, patience).toEqual(['It did not stop: all 2 calendars are up to date.'])
    await lookAgain()
    await lookAgain()
    world = { calendars: [calendar(1, sync('failed', 'api_disabled')), calendar(2)] }
    await lookAgain()
    await expect.poll(heard, patience).toHaveLength(2)
    // Time goes on, and the words about it with it; that is no news.
    world = {
      calendars: [calendar(1, sync('failed', 'api_disabled', { lastSyncedAt: at(-90) })), calendar(2)],
    }
    await lookAgain()
    await expect.poll(() => page.locator('#calendars').textContent(), patience).toContain('1 hour ago')
    expect(await heard()).toHaveLength(2)
    expect(await page.locator('[aria-live], [role=status], [role=log]').count()).toBe(2)
  })

  it('leaves the keyboard, and what was unfolded, where they are while it is drawn anew', async () => {
    let world: MadeUp = { calendars: [calendar(1, sync('failed', 'api_disabled')), calendar(2)] }
    await made.open(page, () => world)
    const summary = page.getByText('Since when, and what helps')
    await summary.press('Enter')
    await page.evaluate('document.activeElement.marked = true')
    world = { calendars: [calendar(1, sync('failed', 'forbidden')), calendar(3), calendar(2)] }
    await lookAgain()
    await expect
      .poll(() => page.locator('#calendars').textContent(), patience)
      .toContain('does not let the application read it')
    await summary.focus()
    expect(await page.evaluate('document.activeElement.marked')).toBe(true)
    expect(await page.locator('details.row-more').getAttribute('open')).toBe('')
    await page.getByRole('button', { name: 'Renew access' }).focus()
    world = {
      calendars: [calendar(1, sync('stale', 'overdue'))],
      ill: { 'token-service/token.refresh': { status: 'unavailable' } },
    }
    await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
    await expect
      .poll(() => page.locator('#connections').textContent(), patience)
      .toContain('cannot be renewed right now')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Renew access')
  })

  it('a deed that is withheld can be reached, says why, and does nothing', async () => {
    const asked: string[] = []
    page.on('request', (request) => request.method() === 'POST' && asked.push(request.url()))
    await made.open(page, () => ({
      connections: [
        connection({ status: 'disconnected', reason: 'revoked_by_user', action: reconnect(made.url) }),
      ],
      unreachable: ['oauth-service'],
    }))
    const button = page.getByRole('button', { name: 'Connect again: Google Calendar of alice@example.com' })
    await expect.poll(() => button.getAttribute('aria-disabled'), patience).toBe('true')
    await button.focus()
    const reason = await button.getAttribute('aria-describedby')
    expect(await page.locator(`#${reason}`).textContent()).toContain('does not answer')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Connect again', exact: true }).press('Enter')
    expect(asked).toEqual([])
  })

  it('shows the first 25 calendars, the ill ones first, and all when asked', async () => {
    const many = Array.from({ length: 60 }, (_, nr) => calendar(nr + 1))
    await made.open(page, () => ({ calendars: [...many, calendar(61, sync('failed', 'forbidden'))] }))
    const names = () => page.locator('#calendar-rows h3').allTextContents()
    await expect.poll(names, patience).toHaveLength(25)
    expect((await names())[0]).toBe('Calendar 61')
    const more = page.getByRole('button', { name: 'Show all 61' })
    await more.press('Enter')
    expect(await names()).toHaveLength(61)
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Show the first 25')
    await page.keyboard.press('Enter')
    expect(await names()).toHaveLength(25)
  })

  it('shows nothing it could not read again as if it were so now', async () => {
    let world: MadeUp = {}
    await made.open(page, () => world)
    await expect.poll(answer, patience).toContain('It did not stop')
    world = { connections: 'away', calendars: 'away', google: 'away' }
    await lookAgain()
    await expect.poll(answer, patience).toContain('Could not be found out right now')
    expect(await page.locator('main').textContent()).not.toMatch(
      /Up to date|Nothing is the matter|It did not stop/,
    )
  })

  it('is a page of landmarks in a language, reached by keyboard from its first link on', async () => {
    await made.open(page, () => ({}))
    await expect.poll(answer, patience).toContain('It did not stop')
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    for (const role of ['banner', 'main', 'contentinfo'] as const)
      expect(await page.getByRole(role).count()).toBe(1)
    expect(await page.getByRole('region').count()).toBe(5)
    const reached = new Set<string>()
    await page.locator('.skip').focus()
    for (let step = 0; step < 40; step++) {
      reached.add(String(await page.evaluate('document.activeElement.textContent.trim()')))
      await page.keyboard.press('Tab')
    }
    for (const words of await page.locator('button:visible, summary:visible, a:visible').allTextContents())
      expect(reached).toContain(words.trim())
  })
})
