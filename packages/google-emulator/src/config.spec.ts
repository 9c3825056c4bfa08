import { expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { defaultClient } from './oauth/client.ts'

it('needs nothing to be set', () => {
  expect(readConfig({})).toMatchObject({ host: '127.0.0.1', port: 0, client: defaultClient, seed: 'default' })
})

it('reads the client with its redirect URIs', () => {
  const env = {
    GOOGLE_CLIENT_ID: 'id',
    GOOGLE_CLIENT_SECRET: 's',
    GOOGLE_REDIRECT_URIS: 'http://a/x, http://b/y',
  }
  expect(readConfig(env).client).toEqual({
    clientId: 'id',
    clientSecret: 's',
    redirectUris: ['http://a/x', 'http://b/y'],
  })
})

it('names everything that is wrong at once', () => {
  expect(() => readConfig({ PORT: 'http', SEED: 'full' })).toThrow(/PORT.*SEED/)
})
