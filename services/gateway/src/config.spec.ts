import { describeConfig } from '@evergrant/service-runtime'
import { expect, it } from 'vitest'
import { gatewayConfigShape, readGatewayConfig } from './config.ts'

const valid = {
  PUBLIC_URL: 'http://127.0.0.1:8080',
  OAUTH_SERVICE_URLS: 'http://127.0.0.1:1',
  TOKEN_SERVICE_URLS: 'http://127.0.0.1:2/, http://127.0.0.1:3',
  CALENDAR_SERVICE_URLS: 'https://calendar.internal',
}

it('reads one URL per replica', () => {
  expect(readGatewayConfig(valid).TOKEN_SERVICE_URLS).toEqual(['http://127.0.0.1:2', 'http://127.0.0.1:3'])
})

it.each(['', ',', 'http://127.0.0.1:2,', 'ftp://x', '127.0.0.1:2'])(
  'refuses %j as a list of replicas',
  (list) => {
    expect(() => readGatewayConfig({ ...valid, TOKEN_SERVICE_URLS: list })).toThrow(/TOKEN_SERVICE_URLS/)
  },
)

it('says in a sentence what every key is for', () => {
  for (const { name, description } of describeConfig(gatewayConfigShape)) {
    expect(description, name).toMatch(/^[A-Z].*\.$/)
  }
})
