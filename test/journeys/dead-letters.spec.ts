import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contracts, droppedContracts } from '@evergrant/event-contracts'
import { type OwnNatsServer, startNatsServer } from '@evergrant/stack/testing'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { apiClient } from '../story/api-client.ts'
import { browser } from '../story/browser.ts'
import { type BusWatch, watchBus } from '../story/bus-watch.ts'
import { googleAccount } from '../story/google-account.ts'
import { isHealthy, type RunningStack, startStack } from '../story/running-stack.ts'

const patience = { timeout: 60_000, interval: 250 }

interface DeadLetter {
  readonly service: string
  readonly id: string
  readonly side: string
  readonly code: string
  readonly type: string
  readonly streamId: string
  readonly version: number
  readonly waitingBehind: number
}

/** With a nats-server that takes only small messages until `mend` lets it take more. */
describe('an operator of a running stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-dead-letters-'))
  const config = { file: join(folder, 'nats.conf'), variables: {} }
  let nats: OwnNatsServer
  let stack: RunningStack
  let watch: BusWatch

  /** What a page of a large calendar publishes is larger than 6 KB; nothing else is. */
  const writeConfig = (maxPayload: string) =>
    writeFileSync(
      config.file,
      `host: $NATS_ADDRESS\nport: $NATS_PORT\nhttp_port: $NATS_MONITOR_PORT\nmax_payload: ${maxPayload}\njetstream { store_dir: $NATS_STORE_DIR }\n`,
    )

  beforeAll(async () => {
    writeConfig('6KB')
    nats = await startNatsServer({ config })
    stack = await startStack(join(folder, 'data'), { env: { NATS_URL: nats.url } })
    watch = await watchBus(nats.url, () => {})
  })
  afterAll(async () => {
    await watch?.close()
    await stack?.stop()
    await nats?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const dlq = (...args: string[]) => stack.runCli('dlq', ...args)
  const list = async (): Promise<{ exitCode: number | null; items: DeadLetter[] }> => {
    const { exitCode, out } = await dlq('list', '--json')
    return { exitCode, items: JSON.parse(out).items }
  }
  /** The dead letters of this kind, as soon as there are so many. */
  const letters = (about: (letter: DeadLetter) => boolean, count: number) =>
    vi.waitFor(async () => {
      const { exitCode, items } = await list()
      expect(exitCode).toBe(2)
      const found = items.filter(about)
      expect(found).toHaveLength(count)
      return found
    }, patience)
  const idOf = ({ service, id }: DeadLetter) => `${service}/${id}`

  /** Somebody with a Google account of their own. */
  async function person(name: string, { events = 0 } = {}) {
    const email = `${name}@example.com`
    const google = await googleAccount(stack, email)
    const control = new URL(stack.endpoints().google.issuer).origin
    if (events > 0) {
      const seeded = await fetch(`${control}/emulator/calendars/${encodeURIComponent(email)}/seed`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ count: events, seed: 2, from: '2026-11-01' }),
      })
      expect(seeded.ok).toBe(true)
    }
    const token = await stack.token(name)
    const api = apiClient(
      () => stack.endpoints().gateway,
      () => token,
    )
    const connect = async (access: 'read' | 'readwrite' = 'read') => {
      const { body } = await api.post('/v1/authorizations', { services: ['calendar'], access })
      const { authorizationUrl } = body as { authorizationUrl: string }
      const visitor = browser()
      const landed = await visitor.request(await google.consent(await visitor.redirectOf(authorizationUrl)))
      expect(landed.status).toBeLessThan(400)
    }
    return {
      ...{ api, google, connect, email },
      calendars: async () =>
        ((await api.get('/v1/calendar/calendars')).body as { items: { id: string; summary: string }[] })
          .items,
    }
  }

  /** Versions and names of what the bus has of a stream, in the order of their numbers. */
  const onTheBus = (streamId: string) =>
    watch.events
      .filter(({ id }) => id.startsWith(`${streamId}@`))
      .map(({ id, subject }) => [Number(id.split('@').at(-1)), subject] as const)
      .sort(([one], [other]) => one - other)

  /** Something under the number of the dead letter, and all that waited behind it, with no hole. */
  const denseFrom = (first: string, { waitingBehind }: DeadLetter) => [
    [1, first],
    ...Array.from({ length: waitingBehind }, (_, index) => [
      index + 2,
      contracts.calendarEventsChanged.subject,
    ]),
  ]

  async function inCalendarDatabase(statement: string): Promise<void> {
    const { adminUrl, databases } = stack.endpoints().postgres
    const url = new URL(adminUrl)
    url.pathname = new URL(databases['calendar-service'] ?? '').pathname
    const client = new Client({ connectionString: url.href })
    await client.connect()
    try {
      await client.query(statement)
    } finally {
      await client.end()
    }
  }

  it('decides about events that could not be published: one is dropped, one goes out when its cause is mended', async () => {
    expect(await dlq('list')).toMatchObject({ exitCode: 0, out: 'no dead letters' })
    const alice = await person('alice', { events: 100 })
    const bob = await person('bob', { events: 100 })
    await alice.connect()
    await bob.connect()
    const tooLarge = await letters(({ side }) => side === 'publisher', 2)
    for (const letter of tooLarge)
      expect(letter).toMatchObject({
        service: 'calendar-service',
        code: 'message_too_large',
        type: contracts.calendarEventsChanged.type,
        version: 1,
      })
    const { out } = await stack.runCli('doctor')
    expect(out).toMatch(
      /! +dead letters of calendar-service +2 events wait for a decision.*evergrant dlq list/,
    )

    // What happens later in the same calendars waits behind them.
    for (const { api, google } of [alice, bob]) {
      await google.addEvent('Later')
      expect((await api.post('/v1/calendar/syncs', {})).status).toBe(202)
    }
    const waiting = await letters(({ side, waitingBehind }) => side === 'publisher' && waitingBehind >= 2, 2)
    const [kept, given] = waiting as [DeadLetter, DeadLetter]
    for (const { streamId } of waiting) expect(onTheBus(streamId)).toEqual([])
    expect((await dlq('show', idOf(kept))).out).toContain('could not publish CalendarEventsChanged')

    const again = await dlq('retry', idOf(kept))
    expect(again).toMatchObject({ exitCode: 1, out: expect.stringContaining('✗ failed again') })

    expect(await dlq('drop', idOf(given), '--reason', 'a test calendar')).toMatchObject({ exitCode: 0 })
    await vi.waitFor(
      () => expect(onTheBus(given.streamId)).toEqual(denseFrom(droppedContracts.calendar.subject, given)),
      patience,
    )

    writeConfig('1MB')
    await nats.restart()
    await vi.waitFor(async () => expect(await isHealthy(stack.endpoints().gateway)).toBe(true), patience)
    expect(await dlq('retry', '--all')).toMatchObject({ exitCode: 0, out: `${idOf(kept)}: ✓ published` })
    await vi.waitFor(
      () => expect(onTheBus(kept.streamId)).toEqual(denseFrom(contracts.calendarEventsChanged.subject, kept)),
      patience,
    )
    expect(await dlq('list')).toMatchObject({ exitCode: 0, out: 'no dead letters' })
  })

  it('decides about events that could not be applied: one is applied when its cause is mended, one is dropped', async () => {
    await inCalendarDatabase(
      `alter table known_connection add constraint by_hand
        check (account_email not in ('carol@example.com', 'dave@example.com')) not valid`,
    )
    const carol = await person('carol')
    await carol.connect()
    const ofCarol = await letters(({ side }) => side === 'consumer', 2)
    const dave = await person('dave')
    await dave.connect()
    const all = await letters(({ side }) => side === 'consumer', 4)
    const ofDave = all.filter((letter) => !ofCarol.some((other) => idOf(other) === idOf(letter)))
    for (const ofOne of [ofCarol, ofDave])
      expect(ofOne.map(({ type }) => type).sort()).toEqual(
        [contracts.tokenIssued.type, contracts.connectionChanged.type].sort(),
      )
    for (const letter of all)
      expect(letter).toMatchObject({ service: 'calendar-service', code: 'database_error' })
    const again = await dlq('retry', '--all', '--service', 'calendar-service')
    expect(again).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('✗ failed again. database_error: 23514'),
    })
    expect(await carol.calendars()).toEqual([])

    // Dropped while it could not be applied: nothing applies it any more.
    const [issued, changed] = [contracts.tokenIssued, contracts.connectionChanged].map(({ type }) => {
      const letter = ofDave.find((each) => each.type === type)
      return letter === undefined ? '' : idOf(letter)
    }) as [string, string]
    expect(await dlq('drop', issued, '--reason', 'he will grant again')).toMatchObject({ exitCode: 0 })
    expect(await dlq('retry', issued)).toMatchObject({ exitCode: 1 })
    expect((await list()).items).toHaveLength(3)

    await inCalendarDatabase('alter table known_connection drop constraint by_hand')
    for (const letter of ofCarol)
      expect(await dlq('retry', idOf(letter))).toMatchObject({
        exitCode: 0,
        out: `${idOf(letter)}: ✓ applied`,
      })
    await vi.waitFor(async () => expect(await carol.calendars()).not.toEqual([]), patience)

    // Dave grants more; that his connection changed again waits behind the first time.
    await dave.connect('readwrite')
    const isOfHisGrant = ({ streamId, type }: DeadLetter) =>
      type === contracts.connectionChanged.type && ofDave.some((letter) => letter.streamId === streamId)
    await letters((letter) => isOfHisGrant(letter) && letter.waitingBehind > 0, 1)
    expect(await dave.calendars()).toEqual([])
    expect(await dlq('drop', changed, '--reason', 'he granted again')).toMatchObject({ exitCode: 0 })
    await vi.waitFor(async () => expect(await dave.calendars()).not.toEqual([]), patience)
    expect(await dlq('list')).toMatchObject({ exitCode: 0, out: 'no dead letters' })
  })
})
