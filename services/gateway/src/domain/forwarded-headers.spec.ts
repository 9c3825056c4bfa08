import { expect, it } from 'vitest'
import { endToEndHeaders, headersForService } from './forwarded-headers.ts'

const edge = {
  clientAddress: '203.0.113.7',
  publicUrl: 'https://evergrant.example:8443/x',
  requestId: 'r',
  traceparent: 't',
}

it('drops headers of the connection, also those that Connection names', () => {
  const headers = {
    connection: 'close, X-Mine',
    'x-mine': '1',
    'keep-alive': '5',
    upgrade: 'h2c',
    accept: 'a/b',
  }
  expect(endToEndHeaders(headers)).toEqual({ accept: 'a/b' })
})

it('lets no client say who it is or where it comes from', () => {
  const forged = {
    'x-user-id': 'bob',
    'x-tenant-id': '1',
    'x-forwarded-for': '10.0.0.1',
    'x-forwarded-host': 'evil.example',
    forwarded: 'for=10.0.0.1',
    'x-request-id': 'forged',
    host: 'evil.example',
    cookie: 'a=b',
    authorization: 'Bearer x',
  }
  expect(headersForService(forged, edge)).toEqual({
    cookie: 'a=b',
    authorization: 'Bearer x',
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-host': 'evergrant.example:8443',
    'x-forwarded-proto': 'https',
    'x-request-id': 'r',
    traceparent: 't',
  })
})

it('keeps several cookies apart', () => {
  expect(endToEndHeaders({ 'set-cookie': ['a=1', 'b=2'] })).toEqual({ 'set-cookie': ['a=1', 'b=2'] })
})
