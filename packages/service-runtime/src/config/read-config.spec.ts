import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { describeConfig } from './describe-config.ts'
import { readConfig } from './read-config.ts'
import { serviceConfigShape } from './service-config.ts'

const valid = {
  DATABASE_URL: 'postgres://token:s3cret@127.0.0.1:5432/token',
  NATS_URL: 'nats://token:s3cret@127.0.0.1:4222',
  AUTH_ISSUER: 'https://id.example',
  AUTH_AUDIENCE: 'evergrant',
  AUTH_JWKS_URI: 'https://id.example/jwks',
  PUBLIC_URL: 'https://evergrant.example',
}

function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return String(error)
  }
  return 'nothing was refused'
}

describe('reading a config', () => {
  it('fills in defaults and freezes the result', () => {
    const config = readConfig(serviceConfigShape, valid)
    expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'info', ...valid })
    expect(Object.isFrozen(config)).toBe(true)
  })
  it('reads numbers and takes an empty value for not set', () => {
    expect(readConfig(serviceConfigShape, { ...valid, PORT: '8080', HOST: '' })).toMatchObject({
      PORT: 8080,
      HOST: '127.0.0.1',
    })
  })
  it('knows only numbers of copies that have a majority', () => {
    const copies = (NATS_STREAM_REPLICAS: string) =>
      readConfig(serviceConfigShape, { ...valid, NATS_STREAM_REPLICAS }).NATS_STREAM_REPLICAS
    expect(['', '1', '3', '5'].map(copies)).toEqual([1, 1, 3, 5])
    for (const wrong of ['0', '2', '4', '7', 'three'])
      expect(() => copies(wrong), wrong).toThrow(/NATS_STREAM_REPLICAS/)
  })
  it('names every wrong and missing variable at once', () => {
    const { AUTH_AUDIENCE: _, ...rest } = valid
    const message = messageOf(() =>
      readConfig(serviceConfigShape, { ...rest, PORT: '99999', LOG_LEVEL: 'loud' }),
    )
    expect(message).toMatch(/PORT/)
    expect(message).toMatch(/LOG_LEVEL/)
    expect(message).toMatch(/AUTH_AUDIENCE is required/)
  })
  it('never repeats a value, which may be a secret', () => {
    const env = { ...valid, DATABASE_URL: 'mysql://u:s3cret@h/d', NATS_URL: 's3cret', INSTANCE_ID: 's3cret!' }
    const message = messageOf(() => readConfig(serviceConfigShape, env))
    expect(message).toMatch(/DATABASE_URL.*NATS_URL.*INSTANCE_ID/)
    expect(message).not.toContain('s3cret')
  })
})

describe('trusted proxies', () => {
  it('are addresses, ranges and names of ranges', () => {
    const TRUSTED_PROXIES = 'loopback, 10.0.0.0/8,2001:db8::/32 , 203.0.113.1'
    expect(readConfig(serviceConfigShape, { ...valid, TRUSTED_PROXIES }).TRUSTED_PROXIES).toEqual([
      'loopback',
      '10.0.0.0/8',
      '2001:db8::/32',
      '203.0.113.1',
    ])
  })
  it.each(['everybody', '10.0.0.0/33', '10.0.0.0/8/8', 'proxy.example', '1', '::/129', '10.0.0.1/'])(
    'are not %s',
    (TRUSTED_PROXIES) => {
      expect(() => readConfig(serviceConfigShape, { ...valid, TRUSTED_PROXIES })).toThrow(/TRUSTED_PROXIES/)
    },
  )
})

describe('the development issuer', () => {
  const development = {
    ...valid,
    AUTH_ISSUER: 'http://127.0.0.1:9000',
    AUTH_JWKS_URI: 'http://localhost:9000/jwks',
    PUBLIC_URL: 'http://127.0.0.1:8080',
  }
  it('is accepted while everything is on loopback', () => {
    expect(readConfig(serviceConfigShape, development)).toMatchObject({
      AUTH_ISSUER: development.AUTH_ISSUER,
    })
    expect(
      readConfig(serviceConfigShape, { ...development, HOST: '::1', PUBLIC_URL: 'http://[::1]:80' }),
    ).toBeDefined()
  })
  it.each([
    ['HOST', '0.0.0.0'],
    ['HOST', '::'],
    ['PUBLIC_URL', 'https://evergrant.example'],
    ['PUBLIC_URL', 'http://127.0.0.1.evil.example'],
  ])('keeps a deployment with %s=%s from starting', (key, value) => {
    expect(() => readConfig(serviceConfigShape, { ...development, [key]: value })).toThrow(
      /development issuer/,
    )
  })
  it.each(['AUTH_ISSUER', 'AUTH_JWKS_URI'])('must be https elsewhere: %s', (key) => {
    expect(() => readConfig(serviceConfigShape, { ...valid, [key]: 'http://id.example/x' })).toThrow(
      `${key} must be https`,
    )
  })
})

it('describes every key of a config in one sentence', () => {
  const keys = describeConfig({ ...serviceConfigShape, EXTRA: z.string().describe('An extra one.') })
  expect(keys.find(({ name }) => name === 'PORT')).toEqual({
    name: 'PORT',
    required: false,
    defaultValue: '0',
    description: 'Port to listen on; 0 picks any.',
  })
  expect(keys.find(({ name }) => name === 'EXTRA')).toEqual({
    name: 'EXTRA',
    required: true,
    defaultValue: null,
    description: 'An extra one.',
  })
  for (const { description } of keys) expect(description).toMatch(/\.$/)
})
