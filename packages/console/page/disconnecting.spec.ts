import { describe, expect, it } from 'vitest'
import type { Answer, Connection } from './api-shapes.ts'
import { createDisconnecting } from './disconnecting.js'

const connection = { id: 'c1' } as Connection

function disconnecting() {
  const asked: string[] = []
  const focused: string[] = []
  const api = {
    ask: async (method: string, path: string): Promise<Answer<object>> => {
      asked.push(`${method} ${path}`)
      return { ok: true, body: {} }
    },
    list: async (): Promise<Answer<never[]>> => ({ ok: true, body: [] }),
  }
  const made = createDisconnecting(api, {
    show: () => {},
    focus: (key) => focused.push(key),
    tell: () => {},
    lookAgain: async () => {},
    said: () => 'said' as unknown as HTMLElement,
  })
  return { made, asked, focused }
}

describe('disconnecting', () => {
  it('asks the API for nothing before it is confirmed', async () => {
    const { made, asked } = disconnecting()
    await made.confirm(connection)
    made.ask(connection)
    made.keep(connection)
    await made.confirm(connection)
    expect(asked).toEqual([])
  })
  it('happens once, however often it is confirmed', async () => {
    const { made, asked } = disconnecting()
    made.ask(connection)
    await Promise.all([made.confirm(connection), made.confirm(connection)])
    expect(asked).toEqual(['DELETE /v1/connections/c1'])
  })
  it('puts the keyboard on the harmless answer, and back where it was', () => {
    const { made, focused } = disconnecting()
    made.ask(connection)
    made.keep(connection)
    expect(focused).toEqual(['keep-c1', 'disconnect-c1'])
  })
})
