import { describe, expect, it } from 'vitest'
import { useGateway } from './testing/use-gateway.ts'

const gateway = useGateway()
const { calendar } = gateway

describe('the operator surface', () => {
  it('is not ready while one replica is not, and says which and why', async () => {
    calendar.ready = false
    const answer = await fetch(`${gateway.url}/health`)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({
      status: 'not_ready',
      services: [
        {
          name: 'oauth-service',
          status: 'ready',
          replicas: [{ replica: 1, status: 'ready', instanceId: 'i' }],
        },
        {
          name: 'token-service',
          status: 'not_ready',
          replicas: [{ status: 'unreachable' }, { status: 'ready' }],
        },
        {
          name: 'calendar-service',
          status: 'not_ready',
          replicas: [{ status: 'not_ready', capabilities: [{ name: 'token.read', status: 'unavailable' }] }],
        },
      ],
    })
  })
  it('is ready once every replica is', async () => {
    const all = await gateway.startWithoutDeadReplica()
    const answer = await fetch(`${all.url}/health`)
    expect([answer.status, await answer.json()]).toMatchObject([200, { status: 'ready' }])
    await all.stop()
  })
  it('shows a page without scripts, with what services say escaped', async () => {
    calendar.ready = false
    const answer = await fetch(`${gateway.url}/`)
    const html = await answer.text()
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(html).toContain('Not everything is ready')
    expect(html).toContain('database_unreachable &#60;b&#62;')
    expect(html).not.toContain('<script')
  })
  it('sends the older links of connections on to the console', async () => {
    const answer = await fetch(`${gateway.url}/?connect=gmail&connection=7`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([
      302,
      '/console?connect=gmail&connection=7',
    ])
  })
  it('serves the API reference without asking anyone else', async () => {
    const page = await fetch(`${gateway.url}/docs`)
    const html = await page.text()
    expect(page.status).toBe(200)
    expect(html.match(/https?:\/\/[^"'\s]+/g) ?? []).toEqual([])
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self' 'sha256-/)
    const script = await fetch(`${gateway.url}/docs/js/scalar.js`)
    expect([script.status, script.headers.get('content-type')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
    ])
    const document = (await (await fetch(`${gateway.url}/docs/openapi/token-service`)).json()) as {
      readonly paths: object
    }
    expect(Object.keys(document.paths)).toEqual(['/v1/x'])
  })
})
