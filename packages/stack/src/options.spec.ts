import { describe, expect, it } from 'vitest'
import { readOptions } from './options.ts'

const read = (args: string[], env: Record<string, string> = {}) =>
  readOptions(args, env, '/home/alice/evergrant')

describe('the options of npm start', () => {
  it('are the embedded defaults when nothing is said', () => {
    expect(read([])).toMatchObject({
      gatewayPort: 8080,
      dataDir: '/home/alice/evergrant/.evergrant',
      fresh: false,
      scale: {},
      postgresAdminUrl: undefined,
      natsUrl: undefined,
      google: undefined,
      callers: undefined,
    })
  })

  it('come from the command line before the environment', () => {
    const env = { EVERGRANT_PORT: '9000', EVERGRANT_DATA_DIR: '/data' }
    expect(read([], env)).toMatchObject({ gatewayPort: 9000, dataDir: '/data' })
    expect(read(['--port', '9001', '--data-dir', 'other'], env)).toMatchObject({
      gatewayPort: 9001,
      dataDir: '/home/alice/evergrant/other',
    })
  })

  it('scale several services at once', () => {
    expect(read(['--scale', 'token-service=3', '--scale', 'calendar-service=2']).scale).toEqual({
      'token-service': 3,
      'calendar-service': 2,
    })
  })

  it.each([
    ['an unknown option', ['--nonsense'], {}],
    ['a port that is none', ['--port', 'http'], {}],
    ['a port beyond the last', ['--port', '65536'], {}],
    ['a service nobody knows', ['--scale', 'mail-service=2'], {}],
    ['zero replicas', ['--scale', 'token-service=0'], {}],
    ['half a Google client', [], { GOOGLE_CLIENT_ID: 'id' }],
    ['half an issuer', [], { AUTH_ISSUER: 'https://issuer.example' }],
    ['a PUBLIC_URL that is none', [], { PUBLIC_URL: 'nowhere' }],
    ['the development issuer in public', [], { PUBLIC_URL: 'https://evergrant.example' }],
  ])('refuse %s', (_what, args, env) => {
    expect(() => read(args, env)).toThrow(expect.objectContaining({ code: 'bad_option' }))
  })

  it("allow a public address with somebody's own issuer", () => {
    const callers = {
      AUTH_ISSUER: 'https://issuer.example',
      AUTH_AUDIENCE: 'evergrant',
      AUTH_JWKS_URI: 'https://issuer.example/keys',
    }
    expect(read([], { PUBLIC_URL: 'https://evergrant.example/', ...callers }).publicUrl).toBe(
      'https://evergrant.example',
    )
  })
})

describe('which Google a stack talks to', () => {
  it('is the real one as soon as there is a client', () => {
    const env = { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret' }
    expect(read([], env).google).toEqual({
      issuer: 'https://accounts.google.com',
      apiRootUrl: 'https://www.googleapis.com/',
      tokeninfoUrl: 'https://oauth2.googleapis.com/tokeninfo',
      clientId: 'id',
      clientSecret: 'secret',
    })
  })

  it('is another one by its issuer, with tokeninfo underneath it', () => {
    const env = { GOOGLE_ISSUER: 'http://127.0.0.1:9/', GOOGLE_API_ROOT_URL: 'http://127.0.0.1:10' }
    expect(read([], env).google).toMatchObject({
      issuer: 'http://127.0.0.1:9',
      apiRootUrl: 'http://127.0.0.1:10',
      tokeninfoUrl: 'http://127.0.0.1:9/tokeninfo',
    })
  })

  it('is the real one, with nobody able to connect, without emulator and client', () => {
    expect(read(['--no-emulator']).google).toMatchObject({
      issuer: 'https://accounts.google.com',
      clientId: undefined,
    })
  })
})
